//! How keeping mail for one another is spoken of and switched, the same in settings and on a contact's page.

use egui::Ui;
use kith_node::Command;
use kith_node::view::{CarrierView, ContactView, MailboxView};

use crate::action::Action;
use crate::i18n::dates;
use crate::model::requests::RequestKey;
use crate::t;
use crate::views::Cx;
use crate::widgets::switch::switch_row_ui;

/// How a contact stands to keeping mail for us, in a sentence.
pub fn carrier_words(carrier: Option<&CarrierView>) -> String {
    let Some(carrier) = carrier else {
        return t!("carrier-no");
    };
    match (carrier.used, carrier.offered) {
        (true, true) => t!(
            "carrier-agreed",
            size = dates::size(carrier.max_bytes.unwrap_or_default()),
            days = carrier.days.unwrap_or_default()
        ),
        (true, false) => t!("carrier-waits"),
        (false, true) => t!("carrier-offers"),
        (false, false) => t!("carrier-no"),
    }
}

/// What we keep for a contact, in a few words.
pub fn mailbox_words(mailbox: Option<&MailboxView>) -> String {
    match mailbox {
        None => t!("mailbox-none"),
        Some(mailbox) if mailbox.items.is_empty() => t!("mailbox-empty"),
        Some(mailbox) => t!(
            "mailbox-holds",
            count = mailbox.items.len(),
            size = dates::size(mailbox.bytes)
        ),
    }
}

/// The switch of who keeps mail for us; `title` is what stands in it.
pub fn carrier_switch_ui(ui: &mut Ui, cx: &mut Cx<'_>, contact: &ContactView, title: &str) {
    let account = contact.account;
    let carrier = cx.model.carrying.carrier(account);
    let used = carrier.is_some_and(|carrier| carrier.used);
    let key = RequestKey::of("use carrier", account);
    let idle = !cx.model.requests.state(&key).is_running();
    let line = carrier_words(carrier);
    let name = t!("person-carries", name = contact.name.as_str());
    if switch_row_ui(ui, (title, &line), &format!("{name}. {line}"), used, idle) {
        let command = Command::UseCarrier { account, used: !used };
        cx.act(Action::Call { key, command });
    }
}

/// The switch of whether we keep mail for them; `title` is what stands in it.
pub fn mailbox_switch_ui(ui: &mut Ui, cx: &mut Cx<'_>, contact: &ContactView, title: &str) {
    let account = contact.account;
    let mailbox = cx.model.carrying.mailbox(account);
    let carry = mailbox.is_some();
    let key = RequestKey::of("carry", account);
    let idle = !cx.model.requests.state(&key).is_running();
    let line = mailbox_words(mailbox);
    let name = format!("{}, {}. {line}", contact.name, t!("person-carried"));
    if switch_row_ui(ui, (title, &line), &name, carry, idle) {
        let command = Command::SetCarrying {
            account,
            carry: !carry,
        };
        cx.act(Action::Call { key, command });
    }
}
