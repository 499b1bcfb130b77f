//! The truth about our connections, in full and with its own words: the only page that names nodes and addresses.

use egui::Ui;
use kith_node::Command;
use kith_node::view::{BootstrapView, DialProblem, NetworkProblem};

use super::{part_ui, title_ui};
use crate::action::Action;
use crate::model::requests::RequestKey;
use crate::t;
use crate::theme::{Type, palette, size, space};
use crate::views::{Cx, status_line};
use crate::widgets::button::Button;
use crate::widgets::icon::Icon;
use crate::widgets::notice::{Tone, notice_ui};
use crate::widgets::skeleton;

/// Paints the page.
pub fn page_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    title_ui(ui, cx, &t!("settings-network"));
    let model = cx.model;
    let Some(network) = &model.network else {
        (0..3).for_each(|row| skeleton::row_ui(ui, size::CHAT_ROW, row));
        return;
    };
    part_ui(ui, &t!("network-now"), &status_line::summary(model).1);
    let key = RequestKey::only("retry network");
    let state = model.requests.state(&key);
    if Button::soft(&t!("network-retry"))
        .icon(Icon::REFRESH)
        .request(&state, cx.now_ms)
        .show(ui)
        .clicked()
    {
        cx.act(Action::Call {
            key,
            command: Command::RetryNetwork {},
        });
    }
    if !network.problems.is_empty() {
        part_ui(ui, &t!("network-problems"), "");
        for problem in &network.problems {
            notice_ui(ui, Tone::Warning, &problem_text(problem));
        }
    }
    let none = if network.bootstraps.is_empty() {
        t!("network-bootstraps-none")
    } else {
        String::new()
    };
    part_ui(ui, &t!("network-bootstraps"), &none);
    for bootstrap in &network.bootstraps {
        bootstrap_ui(ui, bootstrap);
    }
    let lan = if network.lan_discovery {
        t!("network-lan-on")
    } else {
        t!("network-lan-off")
    };
    part_ui(ui, &t!("network-lan"), &lan);
    let none = if network.listening.is_empty() {
        t!("network-listening-none")
    } else {
        String::new()
    };
    part_ui(ui, &t!("network-listening"), &none);
    for address in &network.listening {
        address_ui(ui, address);
    }
}

fn address_ui(ui: &mut Ui, address: &str) {
    ui.add(
        egui::Label::new(Type::Mono.rich(address, palette(ui).text))
            .wrap()
            .selectable(true),
    );
}

fn bootstrap_ui(ui: &mut Ui, bootstrap: &BootstrapView) {
    let colours = palette(ui);
    address_ui(ui, &bootstrap.address);
    let (icon, ink, said) = match (&bootstrap.problem, bootstrap.connected) {
        (_, true) => (Icon::CHECK, colours.good_text, t!("network-connected")),
        (Some(problem), false) => (Icon::WARNING, colours.warning_text, dial_text(*problem)),
        (None, false) => (Icon::CLOCK, colours.secondary, t!("network-connecting")),
    };
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        icon.show(ui, size::ICON_SMALL, ink);
        ui.add(egui::Label::new(Type::Caption.rich(said, ink)).wrap());
    });
}

fn dial_text(problem: DialProblem) -> String {
    match problem {
        DialProblem::OwnAddress => t!("dial-own-address"),
        DialProblem::NoAddress => t!("dial-no-address"),
        DialProblem::GivenUp => t!("dial-given-up"),
        DialProblem::WrongIdentity => t!("dial-wrong-identity"),
        DialProblem::TooManyConnections => t!("dial-too-many"),
        DialProblem::NoAnswer | DialProblem::TimedOut => t!("dial-no-answer"),
        DialProblem::Unsupported => t!("dial-unsupported"),
        DialProblem::Broken => t!("dial-broken"),
        DialProblem::Unreachable => t!("dial-unreachable"),
        DialProblem::Refused => t!("dial-refused"),
        DialProblem::Unresolved => t!("dial-unresolved"),
        DialProblem::Lost => t!("dial-lost"),
    }
}

fn problem_text(problem: &NetworkProblem) -> String {
    match problem {
        NetworkProblem::NoNetwork => t!("problem-no-network"),
        NetworkProblem::PortInUse { wished } => t!("problem-port", wished = wished.to_string()),
        NetworkProblem::NoBootstrap => t!("problem-no-bootstrap"),
        NetworkProblem::ClockOff { by_ms } if *by_ms > 0 => {
            t!("problem-clock-ahead", amount = status_line::amount(*by_ms))
        }
        NetworkProblem::ClockOff { by_ms } => {
            t!("problem-clock-behind", amount = status_line::amount(*by_ms))
        }
        NetworkProblem::DiskFull => t!("problem-disk-full"),
    }
}
