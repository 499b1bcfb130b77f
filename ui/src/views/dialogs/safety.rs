//! The safety number with a contact: to be read aloud, scanned, or compared with what the other sees; and the mark that
//! it was.

use egui::{Key, Label, Role, Sense, Ui, Vec2, WidgetInfo, pos2};
use kith_node::Command;
use kith_node::id::AccountId;
use kith_node::view::SafetyView;

use super::head_ui;
use crate::action::Action;
use crate::i18n::dates;
use crate::model::requests::{RequestKey, RequestState};
use crate::model::safety::{self, Verdict};
use crate::t;
use crate::theme::{Type, palette, radius, size, space};
use crate::views::Cx;
use crate::widgets::button::Button;
use crate::widgets::field::Field;
use crate::widgets::icon::Icon;
use crate::widgets::notice::{Tone, notice_ui};
use crate::widgets::qr::Code;
use crate::widgets::skeleton;

/// Groups of digits in a row.
const COLUMNS: usize = 4;
/// The longest text that is taken for a code, characters.
const TYPED_LIMIT: usize = 512;

/// What is typed and drawn in the dialog.
#[derive(Default)]
pub struct SafetyDialog {
    typed: String,
    /// What was in the field when it was last compared.
    compared: Option<String>,
    code: Option<Code>,
}

impl SafetyDialog {
    /// The dialog comes up: the number is asked for.
    pub fn open(&mut self, cx: &mut Cx<'_>, account: AccountId) {
        self.typed.clear();
        self.compared = None;
        cx.act(Action::Forgive(check_key()));
        cx.act(Action::Call {
            key: get_key(),
            command: Command::GetSafetyNumber { account },
        });
    }

    /// Paints the dialog.
    pub fn show_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, account: AccountId) {
        head_ui(ui, cx, &t!("safety-title"));
        let model = cx.model;
        let name = match model.contacts.get(account) {
            Some(contact) => model.contacts.shown_name(contact),
            None => t!("contact-unknown-title"),
        };
        let hint = t!("safety-hint", name = name.as_str());
        ui.add(Label::new(Type::Secondary.rich(hint, palette(ui).secondary)).wrap());
        ui.add_space(space::M);
        match (model.safety.number(account), model.requests.state(&get_key())) {
            (Some(number), _) => self.number_ui(ui, cx, number, &name),
            (None, RequestState::Failed(why)) => {
                notice_ui(ui, Tone::Danger, why);
            }
            (None, _) => waiting_ui(ui),
        }
    }

    fn number_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, number: &SafetyView, name: &str) {
        digits_ui(ui, &number.groups, &t!("safety-digits", name = name));
        ui.add_space(space::M);
        if let Some(code) = Code::of(&mut self.code, &number.code) {
            ui.vertical_centered(|ui| code.show_ui(ui, size::CODE_SMALL, &t!("safety-qr")));
            ui.add_space(space::M);
        }
        verified_ui(ui, cx, number);
        ui.add_space(space::S);
        if Button::soft(&t!("safety-copy"))
            .icon(Icon::COPY)
            .wide()
            .show(ui)
            .clicked()
        {
            cx.act(Action::Copy(number.groups.join(" ")));
        }
        ui.add_space(space::L);
        self.compare_ui(ui, cx, number.account, name);
    }

    /// The field for what the other sees, and what came of comparing it.
    fn compare_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, account: AccountId, name: &str) {
        let field = Field::new("safety code", &t!("safety-field", name = name))
            .hint(&t!("safety-field-hint"))
            .limit(TYPED_LIMIT)
            .mono()
            .show(ui, &mut self.typed);
        if field.changed() {
            self.compared = None;
            cx.act(Action::Forgive(check_key()));
        }
        let state = cx.model.requests.state(&check_key());
        let ready = !self.typed.trim().is_empty() && !state.is_running();
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        ui.add_space(space::S);
        let label = t!("safety-compare");
        let button = Button::soft(&label).wide().enabled(!self.typed.trim().is_empty());
        let pressed = button.request(&state, cx.now_ms).show(ui).clicked();
        if ready && (pressed || entered) {
            self.compare(cx, account);
        }
        if self.compared.as_deref() != Some(self.typed.trim()) {
            return;
        }
        let verdict = cx.model.safety.verdict(account, &self.typed);
        let (tone, said) = match (verdict, state) {
            (Some(Verdict::Same), _) => (Tone::Good, t!("safety-same", name = name)),
            (Some(Verdict::Different), _) => (Tone::Danger, t!("safety-different", name = name)),
            (None, RequestState::Failed(_)) => (Tone::Warning, t!("safety-unusable", name = name)),
            (None, _) => return,
        };
        ui.add_space(space::S);
        notice_ui(ui, tone, &said).scroll_to_me(None);
    }

    fn compare(&mut self, cx: &mut Cx<'_>, account: AccountId) {
        let code = self.typed.trim().to_owned();
        self.compared = Some(code.clone());
        if safety::digits(&code).is_none() {
            cx.act(Action::Call {
                key: check_key(),
                command: Command::CheckSafetyCode { account, code },
            });
        }
    }
}

fn get_key() -> RequestKey {
    RequestKey::only("safety number")
}

fn check_key() -> RequestKey {
    RequestKey::only("check safety code")
}

/// The twelve groups, in rows that are read from left to right.
fn digits_ui(ui: &mut Ui, groups: &[String], name: &str) {
    let colours = palette(ui);
    let line = Type::Mono.line_height() + space::XS;
    let rows = groups.chunks(COLUMNS);
    #[expect(clippy::cast_precision_loss, reason = "three rows")]
    let height = rows.len() as f32 * line + 2.0 * space::M;
    let (rect, response) = ui.allocate_exact_size(Vec2::new(ui.available_width(), height), Sense::hover());
    let spoken = format!("{name}: {}", groups.join(" "));
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
    ui.painter().rect_filled(rect, radius::CARD, colours.field);
    let inner = rect.shrink2(Vec2::new(space::S, space::M));
    #[expect(clippy::cast_precision_loss, reason = "four columns")]
    let column = inner.width() / COLUMNS as f32;
    let mut middle = inner.top() + line / 2.0;
    for row in rows {
        let mut centre = inner.left() + column / 2.0;
        for group in row {
            let galley = Type::Mono.one_line(ui.painter(), group, colours.text, column);
            let at = pos2(centre, middle) - galley.size() / 2.0;
            ui.painter().galley(at.round(), galley, colours.text);
            centre += column;
        }
        middle += line;
    }
}

/// The mark that the numbers are the same, and the way to take it back.
fn verified_ui(ui: &mut Ui, cx: &mut Cx<'_>, number: &SafetyView) {
    let key = RequestKey::of("verify", number.account);
    let state = cx.model.requests.state(&key);
    if let Some(at_ms) = number.verified_at_ms {
        let said = t!("safety-verified-on", time = dates::full(at_ms));
        notice_ui(ui, Tone::Good, &said);
        ui.add_space(space::S);
    }
    let is_verified = number.verified_at_ms.is_some();
    let label = if is_verified {
        t!("safety-take-back")
    } else {
        t!("safety-mark")
    };
    let button = if is_verified {
        Button::plain(&label)
    } else {
        Button::primary(&label).icon(Icon::VERIFIED)
    };
    if button.wide().request(&state, cx.now_ms).show(ui).clicked() {
        cx.act(Action::Call {
            key,
            command: Command::SetVerified {
                account: number.account,
                verified: !is_verified,
            },
        });
    }
}

fn waiting_ui(ui: &mut Ui) {
    let label = ui.label(Type::Caption.rich(t!("safety-loading"), palette(ui).secondary));
    label.widget_info(|| WidgetInfo::labeled(Role::Status, true, t!("safety-loading")));
    (0..4).for_each(|row| skeleton::row_ui(ui, size::ROW, row));
}
