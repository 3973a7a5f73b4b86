//! A small tree of XML elements, as EC2's answers need it: names, texts, children, and one namespace.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use std::io;

/// EC2's namespace for the API version that all SDKs speak.
const NAMESPACE: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";

/// One element: either a text or children.
#[derive(Debug)]
pub(in crate::http) struct Element {
    name: String,
    namespace: Option<&'static str>,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Text(String),
    Children(Vec<Element>),
}

impl Element {
    pub(in crate::http) fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            namespace: None,
            content: Content::Children(Vec::new()),
        }
    }

    /// The element of a list.
    pub(in crate::http) fn item() -> Self {
        Self::new("item")
    }

    /// The outermost element of an answer of EC2's.
    pub(in crate::http) fn in_namespace(self) -> Self {
        self.of_namespace(NAMESPACE)
    }

    /// The outermost element of an answer.
    pub(in crate::http) fn of_namespace(mut self, namespace: &'static str) -> Self {
        self.namespace = Some(namespace);
        self
    }

    pub(in crate::http) fn child(mut self, child: Self) -> Self {
        if let Content::Children(children) = &mut self.content {
            children.push(child);
        }
        self
    }

    pub(in crate::http) fn text(self, name: &str, text: &(impl ToString + ?Sized)) -> Self {
        let content = Content::Text(text.to_string());
        self.child(Self {
            name: name.to_owned(),
            namespace: None,
            content,
        })
    }

    /// A text that EC2 leaves out when there is none.
    pub(in crate::http) fn maybe(self, name: &str, text: Option<impl ToString>) -> Self {
        match text {
            Some(text) => self.text(name, &text),
            None => self,
        }
    }

    pub(in crate::http) fn maybe_child(self, child: Option<Self>) -> Self {
        match child {
            Some(child) => self.child(child),
            None => self,
        }
    }

    pub(in crate::http) fn list(self, name: &str, items: impl IntoIterator<Item = Self>) -> Self {
        self.child(items.into_iter().fold(Self::new(name), Self::child))
    }

    /// The whole document.
    pub(in crate::http) fn document(&self) -> io::Result<Vec<u8>> {
        let mut writer = Writer::new(Vec::new());
        writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        self.write(&mut writer)?;
        Ok(writer.into_inner())
    }

    fn write(&self, writer: &mut Writer<Vec<u8>>) -> io::Result<()> {
        let mut start = BytesStart::new(self.name.as_str());
        if let Some(namespace) = self.namespace {
            start.push_attribute(("xmlns", namespace));
        }
        writer.write_event(Event::Start(start))?;
        match &self.content {
            Content::Text(text) => writer.write_event(Event::Text(BytesText::new(text)))?,
            Content::Children(children) => {
                for child in children {
                    child.write(writer)?;
                }
            }
        }
        writer.write_event(Event::End(BytesEnd::new(self.name.as_str())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_looks_like_markup_is_escaped() {
        let document = Element::new("tag")
            .text("value", "<a & b>")
            .document()
            .unwrap();
        let document = String::from_utf8(document).unwrap();
        assert!(
            document.ends_with("<tag><value>&lt;a &amp; b&gt;</value></tag>"),
            "{document}"
        );
    }
}
