//! The line below the list that tells the truth about our connections, in one sentence; pressed, it opens the page
//! that tells all of it.

use egui::{Color32, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use kith_node::view::{ContactState, NetworkProblem, NetworkView, PathView, PresenceView};

use crate::action::Action;
use crate::i18n::dates;
use crate::model::Model;
use crate::route::{Route, Section, SettingsPage};
use crate::t;
use crate::theme::{Palette, Type, palette, size, space};
use crate::views::Cx;
use crate::widgets::focus_ring_ui;
use crate::widgets::icon::Icon;

/// How good things are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// We are connected.
    Good,
    /// Nothing is wrong; nothing answers yet.
    Quiet,
    /// Something is to be looked at.
    Warning,
    /// Nothing new can be kept.
    Bad,
}

/// The sentence, and how good it is.
pub fn summary(model: &Model) -> (Mood, String) {
    if let Some(said) = of_profile(model) {
        return (Mood::Warning, said);
    }
    let Some(network) = &model.network else {
        return (Mood::Quiet, t!("status-loading"));
    };
    if let Some(worst) = worst(network) {
        return worst;
    }
    if let Some(said) = linked(model) {
        return (Mood::Good, said);
    }
    if network.bootstraps.iter().any(|bootstrap| bootstrap.connected) {
        let said = if model.contacts.is_empty() {
            t!("status-online")
        } else {
            t!("status-nobody")
        };
        return (Mood::Good, said);
    }
    if network.problems.contains(&NetworkProblem::NoBootstrap) {
        return (Mood::Warning, t!("status-no-meeting"));
    }
    if network.lan_discovery {
        (Mood::Quiet, t!("status-lan-only"))
    } else {
        (Mood::Warning, t!("status-alone"))
    }
}

/// What is wrong with the profile itself, as far as nothing about the disk is worse.
fn of_profile(model: &Model) -> Option<String> {
    let of_disk = [NetworkProblem::DiskFull, NetworkProblem::DiskFailing];
    let has_one = |network: &NetworkView| of_disk.iter().any(|problem| network.problems.contains(problem));
    let profile = model.profile.as_ref()?;
    if model.network.as_ref().is_some_and(has_one) {
        None
    } else if profile.outdated {
        Some(t!("status-outdated"))
    } else if profile.damage.is_some() {
        Some(t!("damage-title"))
    } else {
        None
    }
}

/// What comes before everything else.
fn worst(network: &NetworkView) -> Option<(Mood, String)> {
    let has = |wanted: &NetworkProblem| network.problems.contains(wanted);
    if has(&NetworkProblem::DiskFull) {
        return Some((Mood::Bad, t!("status-disk-full")));
    }
    if has(&NetworkProblem::DiskFailing) {
        return Some((Mood::Bad, t!("status-disk-failing")));
    }
    if has(&NetworkProblem::NoNetwork) {
        return Some((Mood::Warning, t!("status-no-network")));
    }
    network.problems.iter().find_map(|problem| match problem {
        NetworkProblem::ClockOff { by_ms } => {
            Some((Mood::Warning, t!("status-clock", amount = amount(*by_ms))))
        }
        NetworkProblem::ClockDoubted { by_ms } => {
            Some((Mood::Warning, t!("status-clock-doubted", amount = amount(*by_ms))))
        }
        NetworkProblem::NewerKith { name } => Some((Mood::Warning, t!("status-newer", name = name.clone()))),
        NetworkProblem::KeptOut { name, until_ms } => {
            let until = dates::time_of_day(*until_ms);
            Some((
                Mood::Warning,
                t!("status-kept-out", name = name.clone(), until = until),
            ))
        }
        _ => None,
    })
}

/// What is worth knowing beside the sentence, though nothing has to be done about it.
fn aside(model: &Model) -> Option<String> {
    let network = model.network.as_ref()?;
    let port = |problem: &NetworkProblem| matches!(problem, NetworkProblem::PortInUse { .. });
    network.problems.iter().any(port).then(|| t!("status-port"))
}

/// How high the line is, with what stands below its sentence.
pub fn height(model: &Model) -> f32 {
    let below = aside(model).map_or(0.0, |_| Type::Caption.line_height());
    size::STATUS_LINE + below
}

/// To whom we are linked, and how.
fn linked(model: &Model) -> Option<String> {
    let online: Vec<_> = model
        .contacts
        .iter()
        .filter(|contact| contact.state == ContactState::Accepted)
        .filter_map(|contact| match contact.presence {
            PresenceView::Online { path } => Some((contact, path)),
            PresenceView::Offline { .. } => None,
        })
        .collect();
    let (first, path) = online.first()?;
    let same = online.iter().all(|(_, other)| other == path);
    let way = match path {
        _ if !same => t!("status-way-mixed"),
        PathView::Lan => t!("status-way-lan"),
        PathView::Direct => t!("status-way-direct"),
        PathView::Relayed => t!("status-way-indirect"),
    };
    let whom = match online.as_slice() {
        [_] => t!("status-connected-one", name = first.name.as_str()),
        _ => t!("status-connected", count = online.len()),
    };
    Some(format!("{whom} · {way}"))
}

/// A length of time in its largest unit, whatever its sign.
pub fn amount(by_ms: i64) -> String {
    let minutes = by_ms.unsigned_abs() / 60_000;
    match minutes {
        0..120 => t!("status-minutes", count = minutes),
        120..2_880 => t!("status-hours", count = minutes / 60),
        _ => t!("status-days", count = minutes / 1_440),
    }
}

/// Paints the line over the width there is.
pub fn line_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let (mood, said) = summary(cx.model);
    let colours = palette(ui);
    let aside = aside(cx.model);
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), height(cx.model)), Sense::click());
    let mut name = format!("{}: {said}", t!("status-name"));
    if let Some(aside) = &aside {
        name = format!("{name}. {aside}");
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    if response.hovered() {
        ui.painter().rect_filled(rect, 0, colours.hover);
    }
    ui.painter().hline(
        rect.x_range(),
        rect.top(),
        Stroke::new(size::HAIRLINE, colours.hairline),
    );
    let line = Rect::from_min_size(rect.min, vec2(rect.width(), size::STATUS_LINE));
    let mark = pos2(rect.left() + space::L + size::DOT / 3.0, line.center().y);
    mark_ui(ui, mood, mark, colours);
    let left = rect.left() + space::L + size::DOT + space::XS;
    let ink = if mood == Mood::Bad {
        colours.danger
    } else {
        colours.secondary
    };
    let width = rect.right() - space::L - left;
    let galley = Type::Caption.one_line(ui.painter(), &said, ink, width);
    let at = pos2(left, line.center().y - galley.size().y / 2.0).round();
    let below = pos2(left, at.y + galley.size().y);
    let mut elided = galley.elided;
    ui.painter().galley(at, galley, ink);
    if let Some(aside) = &aside {
        let galley = Type::Caption.one_line(ui.painter(), aside, colours.secondary, width);
        elided |= galley.elided;
        ui.painter().galley(below, galley, colours.secondary);
    }
    focus_ring_ui(ui, &response, Rect::shrink(rect, size::FOCUS_RING), 0);
    let response = if elided {
        response.on_hover_text(match aside {
            Some(aside) => format!("{said}\n{aside}"),
            None => said,
        })
    } else {
        response
    };
    if response.clicked() {
        let page = match of_profile(cx.model) {
            Some(_) => SettingsPage::Profile,
            None => SettingsPage::Network,
        };
        let settings = Some(page);
        cx.act(Action::Go(Route {
            settings,
            ..Route::section(Section::Settings)
        }));
    }
}

fn mark_ui(ui: &Ui, mood: Mood, at: egui::Pos2, colours: &Palette) {
    let dot = |ink: Color32| {
        ui.painter().circle_filled(at, size::DOT / 3.0, ink);
    };
    match mood {
        Mood::Good => dot(colours.good),
        Mood::Quiet => dot(colours.field_edge),
        Mood::Warning => Icon::WARNING.paint(ui.painter(), at, size::ICON_SMALL, colours.warning_text),
        Mood::Bad => Icon::ERROR.paint(ui.painter(), at, size::ICON_SMALL, colours.danger),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{contact, network, profile};

    fn said(model: &Model) -> String {
        summary(model).1
    }

    #[test]
    fn the_line_tells_to_whom_and_how() {
        let mut model = Model {
            network: Some(network()),
            ..Model::default()
        };
        assert_eq!(said(&model), "On the local network only");
        model.contacts.replace(vec![contact(2, "Bob")]);
        assert_eq!(said(&model), "Connected to Bob · same network");
        let mut far = contact(3, "Cyr");
        far.presence = PresenceView::Online {
            path: PathView::Relayed,
        };
        model.contacts.apply(far);
        assert_eq!(said(&model), "Connected to 2 contacts · several ways");
    }

    #[test]
    fn a_port_that_is_taken_stands_quietly_below_the_sentence() {
        let mut model = Model {
            network: Some(network()),
            ..Model::default()
        };
        let plain = height(&model);
        assert_eq!(aside(&model), None);
        if let Some(network) = &mut model.network {
            network.problems.push(NetworkProblem::PortInUse { wished: 4_001 });
        }
        assert_eq!(said(&model), "On the local network only");
        assert!(aside(&model).is_some_and(|said| said.contains("another program")));
        assert!(height(&model) > plain);
    }

    #[test]
    fn what_can_be_undone_counts_by_the_time_that_the_node_goes_by() {
        let (shown_ms, ahead_ms) = (1_900_000_000_000, 5 * 365 * 86_400_000_i64);
        let mut model = Model::default();
        assert_eq!(model.now_ms(shown_ms), shown_ms);
        model.network = Some(NetworkView {
            time_ahead_ms: ahead_ms,
            ..network()
        });
        let now_ms = model.now_ms(shown_ms);
        assert_eq!(now_ms + ahead_ms.unsigned_abs(), shown_ms);
        model.network = Some(NetworkView {
            time_ahead_ms: -ahead_ms,
            ..network()
        });
        assert!(model.now_ms(shown_ms) > shown_ms);
    }

    #[test]
    fn what_hurts_most_is_said_first() {
        let mut model = Model {
            network: Some(network()),
            ..Model::default()
        };
        model.contacts.replace(vec![contact(2, "Bob")]);
        let network = model.network.as_mut().unwrap();
        network.problems = vec![
            NetworkProblem::ClockOff { by_ms: -7_200_000 },
            NetworkProblem::DiskFull,
        ];
        assert_eq!(
            summary(&model),
            (Mood::Bad, "Disk full: nothing new is kept".to_owned())
        );
        let problems = &mut model.network.as_mut().unwrap().problems;
        problems.pop();
        problems.push(NetworkProblem::DiskFailing);
        assert_eq!(
            summary(&model),
            (Mood::Bad, "The disk fails: nothing new is kept".to_owned())
        );
        model.network.as_mut().unwrap().problems.pop();
        assert_eq!(said(&model), "Your clock is wrong by 2 hours");
        let until_ms = 1_700_000_000_000;
        model.network.as_mut().unwrap().problems = vec![NetworkProblem::KeptOut {
            name: "Bob".to_owned(),
            until_ms,
        }];
        let until = dates::time_of_day(until_ms);
        assert_eq!(
            said(&model),
            format!("Bob’s Kith breaks rules and is kept out until {until}")
        );
        let years = NetworkProblem::ClockDoubted {
            by_ms: 3 * 365 * 86_400_000,
        };
        model.network.as_mut().unwrap().problems = vec![years];
        assert_eq!(said(&model), "Your clock may be wrong by 1095 days");
        model.network.as_mut().unwrap().problems.clear();
        assert!(!said(&model).contains("clock"));
        let mut alice = profile();
        alice.outdated = true;
        model.profile = Some(alice);
        assert_eq!(said(&model), "This profile is an old copy");
    }
}
