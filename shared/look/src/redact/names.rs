//! What has a stand-in: names, IPs, accounts, and the parts of ARNs.

use super::Redaction;
use super::form::{Ip, ip_in, is_account, is_id, is_kind, names_nobody};

impl Redaction<'_> {
    /// An IP, an account or an ARN.
    pub(super) fn plainly_named(&mut self, text: &str) -> Option<String> {
        if let Some(ip) = ip_in(text) {
            return Some(self.ip(&ip));
        }
        if is_account(text) {
            return Some(self.account(text));
        }
        text.starts_with("arn:").then(|| self.arn(text))
    }

    pub(super) fn named(&mut self, alarm: &str) -> String {
        if alarm.starts_with("arn:") {
            self.arn(alarm)
        } else {
            self.name(alarm)
        }
    }

    pub(super) fn ip(&mut self, ip: &Ip<'_>) -> String {
        match *ip {
            Ip::V4(ip, length) => {
                self.met.ips.insert(ip);
                let stand_in = self.stand_ins.as_ref().map_or(ip, |it| it.ip(ip));
                format!("{stand_in}{length}")
            }
            Ip::V6(ip, length) => {
                self.met.ipv6.insert(ip);
                let stand_in = self.stand_ins.as_ref().map_or(ip, |it| it.ipv6(ip));
                format!("{stand_in}{length}")
            }
        }
    }

    pub(super) fn account(&mut self, account: &str) -> String {
        if let Some(stand_ins) = &self.stand_ins {
            return stand_ins.account(account).to_owned();
        }
        self.met.accounts.insert(account.to_owned());
        account.to_owned()
    }

    pub(super) fn name(&mut self, name: &str) -> String {
        if names_nobody(name) {
            return name.to_owned();
        }
        self.stand_in(name)
    }

    pub(super) fn stand_in(&mut self, name: &str) -> String {
        if let Some(stand_ins) = &self.stand_ins {
            return stand_ins.name(name).to_owned();
        }
        self.met.names.insert(name.to_owned());
        name.to_owned()
    }

    /// Partition, service, region and the kind of the resource stay.
    pub(super) fn arn(&mut self, arn: &str) -> String {
        if self.stand_ins.is_none() {
            self.met.arns.insert(arn.to_owned());
        }
        let mut parts = arn.splitn(6, ':');
        let [head, partition, service, region, account, resource] =
            [(); 6].map(|()| parts.next().unwrap_or_default());
        let account = if matches!(account, "" | "*" | "aws") {
            account.to_owned()
        } else {
            self.account(account)
        };
        let mut told = String::new();
        let mut rest = resource;
        while let Some(at) = rest.find([':', '/']) {
            let (piece, end) = rest.split_at(at);
            let is_kind = told.is_empty() && is_kind(piece);
            told.push_str(&if is_kind {
                piece.to_owned()
            } else {
                self.piece(piece)
            });
            told.push_str(&end[..1]);
            rest = &end[1..];
            // An alarm's name may have any of these marks.
            if is_kind && piece == "alarm" {
                break;
            }
        }
        told.push_str(&if told == "alarm:" {
            self.name(rest)
        } else {
            self.piece(rest)
        });
        format!("{head}:{partition}:{service}:{region}:{account}:{told}")
    }

    fn piece(&mut self, piece: &str) -> String {
        let stays = piece.is_empty() || matches!(piece, "*" | "root") || is_id(piece);
        if stays {
            return piece.to_owned();
        }
        self.stand_in(piece)
    }
}
