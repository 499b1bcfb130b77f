//! The truth about our connections, in full and with its own words: the only page that names nodes and addresses.

use egui::{Key, Ui};
use kith_node::Command;
use kith_node::view::{BootstrapView, DialProblem, NetworkProblem, NetworkView};

use super::{SKELETONS, part_ui, title_ui};
use crate::action::Action;
use crate::i18n::dates;
use crate::model::requests::{RequestKey, RequestState};
use crate::t;
use crate::theme::{Type, palette, size, space};
use crate::views::missing::missing_ui;
use crate::views::{Cx, status_line};
use crate::widgets::button::Button;
use crate::widgets::field::Field;
use crate::widgets::icon::Icon;
use crate::widgets::notice::{Tone, notice_ui};

/// The longest address that is taken, in letters.
const ADDRESS_LETTERS: usize = 512;
/// What kith-bootstrap prints before each of its addresses, and what is copied along.
const PRINTED: &str = "address ";

/// What is typed on the page.
#[derive(Default)]
pub struct NetworkPage {
    address: String,
}

impl NetworkPage {
    /// Paints the page.
    pub fn page_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        title_ui(ui, cx, &t!("settings-network"));
        let Some(network) = &cx.model.network else {
            missing_ui(ui, cx, Command::GetNetwork {}, SKELETONS);
            return;
        };
        now_ui(ui, cx, network);
        self.bootstraps_ui(ui, cx, network);
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

    /// The bootstrap nodes: those that were entered here and those that were given at the start.
    fn bootstraps_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, network: &NetworkView) {
        let entered = &cx.model.bootstraps;
        let none = if network.bootstraps.is_empty() && entered.is_empty() {
            t!("network-bootstraps-none")
        } else {
            t!("network-bootstraps-hint")
        };
        part_ui(ui, &t!("network-bootstraps"), &none);
        let key = RequestKey::only("set bootstraps");
        let mut wished = None;
        for address in entered {
            let known = network.bootstraps.iter().find(|node| node.address == *address);
            bootstrap_ui(ui, address, known);
            let others = entered.iter().filter(|other| *other != address);
            let remove = t!("network-bootstrap-remove");
            if ui
                .push_id(address, |ui| Button::soft(&remove).small().show(ui))
                .inner
                .clicked()
            {
                wished = Some(others.cloned().collect());
            }
        }
        let given = network
            .bootstraps
            .iter()
            .filter(|node| !entered.contains(&node.address));
        for node in given {
            bootstrap_ui(ui, &node.address, Some(node));
            let said = Type::Caption.rich(t!("network-bootstrap-given"), palette(ui).secondary);
            ui.add(egui::Label::new(said).wrap());
        }
        ui.add_space(space::S);
        wished = self.add_ui(ui, cx, &key).or(wished);
        if let Some(addresses) = wished {
            cx.act(Action::Call {
                key,
                command: Command::SetBootstraps { addresses },
            });
        }
    }

    /// The field for another one. Gives all that are entered then.
    fn add_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, key: &RequestKey) -> Option<Vec<String>> {
        let entered = &cx.model.bootstraps;
        let typed = self.address.trim();
        let typed = typed.strip_prefix(PRINTED).unwrap_or(typed).trim().to_owned();
        if entered.contains(&typed) {
            self.address.clear();
        }
        let state = cx.model.requests.state(key);
        let problem = match state {
            RequestState::Failed(why) => Some(why),
            RequestState::Idle | RequestState::Running { .. } => None,
        };
        let field = Field::new("bootstrap address", &t!("network-bootstrap-address"))
            .hint("/ip4/203.0.113.7/tcp/5484/p2p/12D3…")
            .limit(ADDRESS_LETTERS)
            .problem(problem)
            .mono()
            .show(ui, &mut self.address);
        if field.changed() {
            cx.act(Action::Forgive(key.clone()));
        }
        let entered_it = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        let pressed = Button::soft(&t!("network-bootstrap-add"))
            .icon(Icon::ADD)
            .enabled(!typed.is_empty())
            .request(&state, cx.now_ms)
            .show(ui)
            .clicked();
        let wanted = (pressed || entered_it) && !typed.is_empty();
        wanted.then(|| entered.iter().cloned().chain([typed]).collect())
    }
}

/// How things stand, and what is wrong.
fn now_ui(ui: &mut Ui, cx: &mut Cx<'_>, network: &NetworkView) {
    let model = cx.model;
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
}

fn address_ui(ui: &mut Ui, address: &str) {
    ui.add(
        egui::Label::new(Type::Mono.rich(address, palette(ui).text))
            .wrap()
            .selectable(true),
    );
}

/// A bootstrap node; `known` is what is known of it, once the node has begun with it.
fn bootstrap_ui(ui: &mut Ui, address: &str, known: Option<&BootstrapView>) {
    let colours = palette(ui);
    address_ui(ui, address);
    let problem = known.and_then(|node| node.problem.as_ref());
    let (icon, ink, said) = match (problem, known.is_some_and(|node| node.connected)) {
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
        NetworkProblem::ClockDoubted { by_ms } => {
            t!("problem-clock-doubted", amount = status_line::amount(*by_ms))
        }
        NetworkProblem::DiskFull => t!("problem-disk-full"),
        NetworkProblem::NewerKith { name } => t!("problem-newer", name = name.clone()),
        NetworkProblem::KeptOut { name, until_ms } => {
            let until = dates::time_of_day(*until_ms);
            t!("problem-kept-out", name = name.clone(), until = until)
        }
        NetworkProblem::DiskFailing => t!("problem-disk-failing"),
    }
}
