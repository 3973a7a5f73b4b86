//! A small tree of XML elements, as EC2's answers need it: names, texts, children, and one namespace.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use std::io;

/// EC2's namespace for the API version that all SDKs speak.
const NAMESPACE: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";

/// One element: either a text or children.
#[derive(Debug)]
pub(super) struct Element {
    name: String,
    namespaced: bool,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Text(String),
    Children(Vec<Element>),
}

impl Element {
    pub(super) fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            namespaced: false,
            content: Content::Children(Vec::new()),
        }
    }

    /// The element of a list.
    pub(super) fn item() -> Self {
        Self::new("item")
    }

    /// The outermost element of an answer.
    pub(super) fn in_namespace(mut self) -> Self {
        self.namespaced = true;
        self
    }

    pub(super) fn child(mut self, child: Self) -> Self {
        if let Content::Children(children) = &mut self.content {
            children.push(child);
        }
        self
    }

    pub(super) fn text(self, name: &str, text: &(impl ToString + ?Sized)) -> Self {
        let content = Content::Text(text.to_string());
        self.child(Self {
            name: name.to_owned(),
            namespaced: false,
            content,
        })
    }

    /// A text that EC2 leaves out when there is none.
    pub(super) fn maybe(self, name: &str, text: Option<impl ToString>) -> Self {
        match text {
            Some(text) => self.text(name, &text),
            None => self,
        }
    }

    pub(super) fn maybe_child(self, child: Option<Self>) -> Self {
        match child {
            Some(child) => self.child(child),
            None => self,
        }
    }

    pub(super) fn list(self, name: &str, items: impl IntoIterator<Item = Self>) -> Self {
        self.child(items.into_iter().fold(Self::new(name), Self::child))
    }

    /// The whole document.
    pub(super) fn document(&self) -> io::Result<Vec<u8>> {
        let mut writer = Writer::new(Vec::new());
        writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        self.write(&mut writer)?;
        Ok(writer.into_inner())
    }

    fn write(&self, writer: &mut Writer<Vec<u8>>) -> io::Result<()> {
        let mut start = BytesStart::new(self.name.as_str());
        if self.namespaced {
            start.push_attribute(("xmlns", NAMESPACE));
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
