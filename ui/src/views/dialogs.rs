//! What floats above everything, one at a time: hand out an invite, open one, find somebody, begin a group, compare safety
//! numbers, see how far a message has come or the recovery words, block somebody, delete a message, a chat or the profile.

mod block;
mod carrier;
mod delete;
mod find;
mod invite;
mod leave;
mod ledger;
mod new_group;
mod safety;
mod words;

use egui::{
    Context, Id, Label, Margin, Modal, Role, ScrollArea, Sense, Theme, Ui, Vec2, WidgetInfo, pos2, vec2,
};
use kith_node::Command;

pub use block::key as block_key;
pub use leave::key as leave_key;
pub use new_group::leads_to;

use crate::action::Action;
use crate::model::requests::{RequestKey, RequestState};
use crate::profiles::{ProfileRequest, Secret};
use crate::route::{Dialog, Route};
use crate::t;
use crate::theme::{Type, float_frame, inset, palette, palette_for, size, space};
use crate::views::Cx;
use crate::widgets::button::{Button, icon_button};
use crate::widgets::field::Field;
use crate::widgets::icon::Icon;
use crate::widgets::notice::{Tone, notice_ui};
use crate::widgets::put_ui;

/// How many people are seen at once while somebody is looked for, in a window of any height and in a low one; half a row
/// says that there are more.
const ROWS: f32 = 5.5;
const LOW_ROWS: f32 = 3.0;

/// The dialogs and what is typed in them.
#[derive(Default)]
pub struct Dialogs {
    invite: invite::InviteDialog,
    words: words::WordsDialog,
    safety: safety::SafetyDialog,
    ledger: ledger::LedgerDialog,
    new_group: new_group::NewGroupDialog,
    find: String,
    passphrase: Secret,
    shown: Option<Dialog>,
    /// What had the keyboard before, and the place below.
    before: Option<(Id, Route)>,
    /// How large it was painted last.
    size: Vec2,
    /// The field that gets the keyboard.
    first: Option<Id>,
}

impl Dialogs {
    /// Paints the dialog of the route, if there is one.
    pub fn show(&mut self, ctx: &Context, cx: &mut Cx<'_>) {
        let Some(dialog) = cx.route.dialog.clone() else {
            self.close(ctx, cx.route);
            return;
        };
        if self.shown.is_none() {
            self.before = ctx.memory(egui::Memory::focused).zip(cx.route.back());
        }
        // Another link may be opened, from outside, while one is looked at.
        if self.shown.as_ref() != Some(&dialog) {
            self.open(ctx, cx, &dialog);
        }
        self.shown = Some(dialog.clone());
        let colours = palette_for(ctx.theme() == Theme::Dark);
        let frame = float_frame(colours).inner_margin(Margin::same(inset::DIALOG));
        let modal = Modal::new(Id::unique("dialog"))
            .frame(frame)
            .backdrop_color(colours.scrim);
        let shown = modal.show(ctx, |ui| {
            let room = ui.ctx().content_rect().size() - Vec2::splat(2.0 * space::XXL);
            ui.set_width(size::DIALOG.min(room.x));
            // In a low window a dialog scrolls.
            let height = (room.y - space::S).max(size::CONTROL);
            ScrollArea::vertical()
                .max_height(height)
                .min_scrolled_height(height)
                .show(ui, |ui| match &dialog {
                    Dialog::Invite => self.invite.hand_out_ui(ui, cx),
                    Dialog::AddContact { .. } => self.invite.add_ui(ui, cx),
                    Dialog::Find => find::show_ui(ui, cx, &mut self.find),
                    Dialog::NewGroup => self.new_group.show_ui(ui, cx),
                    Dialog::Words => self.words.show_ui(ui, cx),
                    Dialog::DeleteProfile => self.delete_ui(ui, cx),
                    Dialog::Safety { account } => self.safety.show_ui(ui, cx, *account),
                    Dialog::Ledger {
                        conversation,
                        position,
                    } => self.ledger.show_ui(ui, cx, (*conversation, *position)),
                    Dialog::DeleteMessages {
                        conversation,
                        positions,
                    } => delete::messages_ui(ui, cx, *conversation, positions),
                    Dialog::DeleteChat { conversation } => delete::chat_ui(ui, cx, *conversation),
                    Dialog::LeaveGroup { conversation } => leave::show_ui(ui, cx, *conversation),
                    Dialog::Block { account } => block::show_ui(ui, cx, *account),
                    Dialog::Carrier { ours } => carrier::show_ui(ui, cx, *ours, &mut self.find),
                });
        });
        let size = shown.response.rect.size();
        if std::mem::replace(&mut self.size, size) != size {
            // It was put in the middle by the size it had before, and nothing else may happen for a while.
            ctx.request_discard("the dialog changed its size");
        }
        // Only what has been painted once can take the keyboard for good.
        if let Some(first) = self.first.take() {
            ctx.memory_mut(|memory| memory.request_focus(first));
        }
        if shown.should_close()
            && !cx
                .actions
                .iter()
                .any(|action| matches!(action, Action::Go(_) | Action::Back))
        {
            cx.act(Action::Back);
        }
    }

    /// No dialog is open: the keyboard goes back to what had it, unless the dialog led elsewhere.
    fn close(&mut self, ctx: &Context, route: &Route) {
        self.words.forget();
        if self.shown.take().is_some()
            && let Some((focused, below)) = self.before.take()
            && below == *route
        {
            ctx.memory_mut(|memory| memory.request_focus(focused));
        }
    }

    /// The recovery words came. They are shown only in the dialog that asked, if it is still open.
    pub fn reveal(&mut self, words: Secret) {
        if self.shown == Some(Dialog::Words) {
            self.words.reveal(words);
        }
    }

    fn open(&mut self, ctx: &Context, cx: &mut Cx<'_>, dialog: &Dialog) {
        self.find.clear();
        self.passphrase.clear();
        self.words.forget();
        self.invite.open(ctx, cx, dialog);
        match dialog {
            Dialog::Safety { account } => self.safety.open(cx, *account),
            Dialog::Ledger { .. } => self.ledger.open(),
            Dialog::NewGroup => self.new_group.open(cx),
            _ => {}
        }
        let first = match dialog {
            Dialog::Find => Some(find::SEARCH),
            Dialog::NewGroup => Some(new_group::NAME),
            Dialog::Carrier { .. } => Some(carrier::SEARCH),
            Dialog::DeleteProfile => Some("delete passphrase"),
            Dialog::Words => Some(words::PASSPHRASE),
            Dialog::Invite
            | Dialog::AddContact { .. }
            | Dialog::Safety { .. }
            | Dialog::Ledger { .. }
            | Dialog::DeleteMessages { .. }
            | Dialog::DeleteChat { .. }
            | Dialog::LeaveGroup { .. }
            | Dialog::Block { .. } => None,
        };
        self.first = first.map(|field| Field::new(field, "").id());
    }

    fn delete_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let key = RequestKey::only("delete profile");
        let state = cx.model.requests.state(&key);
        head_ui(ui, cx, &t!("delete-title"));
        notice_ui(ui, Tone::Danger, &t!("delete-body"));
        ui.add_space(space::M);
        let problem = match state {
            RequestState::Failed(why) => Some(why),
            RequestState::Idle | RequestState::Running { .. } => None,
        };
        Field::new("delete passphrase", &t!("unlock-passphrase"))
            .secret()
            .problem(problem)
            .show(ui, self.passphrase.edit());
        ui.add_space(space::L);
        let ready = !self.passphrase.is_empty();
        let label = t!("delete-button");
        let delete = Button::danger(&label).icon(Icon::DELETE).wide().enabled(ready);
        if delete.request(&state, cx.now_ms).show(ui).clicked() {
            let request = ProfileRequest::Delete {
                passphrase: self.passphrase.clone(),
            };
            cx.act(Action::Profile { key, request });
        }
        cancel_ui(ui, cx);
    }
}

/// What a dialog says before it asks.
pub(super) fn words_ui(ui: &mut Ui, words: &str) {
    ui.add(Label::new(Type::Body.rich(words, palette(ui).text)).wrap());
    ui.add_space(space::M);
}

/// The way out, below what the dialog does.
pub(super) fn cancel_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    ui.add_space(space::S);
    if Button::plain(&t!("cancel")).wide().show(ui).clicked() {
        cx.act(Action::Back);
    }
}

/// The one button of a dialog that asks once more, and the way out: when it is pressed `command` is asked for, and the dialog goes.
fn confirm_ui(ui: &mut Ui, cx: &mut Cx<'_>, button: Button<'_>, key: RequestKey, command: Command) {
    let pressed = button.wide().show(ui).clicked();
    cancel_ui(ui, cx);
    if pressed {
        cx.act(Action::Call { key, command });
        cx.act(Action::Back);
    }
}

/// How high a list of people is at the most.
fn most_rows(ui: &Ui) -> f32 {
    let low = ui.ctx().content_rect().height() < size::LOW_BELOW;
    size::CHAT_ROW * if low { LOW_ROWS } else { ROWS }
}

/// The way to somebody who is not a contact yet.
fn somebody_else_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let label = t!("chats-invite");
    if Button::plain(&label).icon(Icon::QR).wide().show(ui).clicked() {
        cx.act(Action::Go(cx.route.with_dialog(Dialog::Invite)));
    }
}

/// The name of a dialog and the cross that closes it.
pub(super) fn head_ui(ui: &mut Ui, cx: &mut Cx<'_>, title: &str) {
    let colours = palette(ui);
    let width = ui.available_width() - size::ICON_BUTTON - space::S;
    let galley = Type::Title.wrapped(ui.painter(), title, colours.text, width);
    let room = vec2(ui.available_width(), size::ICON_BUTTON.max(galley.size().y));
    let (rect, _) = ui.allocate_exact_size(room, Sense::hover());
    let name = rect.with_max_x(rect.left() + width);
    let name = ui.interact(name, ui.scope_id().with("dialog title"), Sense::hover());
    name.widget_info(|| WidgetInfo::labeled(Role::Heading, true, title));
    let at = pos2(rect.left(), rect.center().y - galley.size().y / 2.0).round();
    ui.painter().galley(at, galley, colours.text);
    // The cross itself, not the room around it, stands on the edge.
    let outside = (size::ICON_BUTTON - size::ICON) / 2.0;
    let cross = rect
        .with_min_x(rect.right() - size::ICON_BUTTON)
        .with_max_y(rect.top() + size::ICON_BUTTON)
        .translate(vec2(outside, 0.0));
    if put_ui(ui, cross, |ui| {
        icon_button(ui, Icon::CLOSE, &t!("close")).clicked()
    }) {
        cx.act(Action::Back);
    }
    ui.add_space(space::S);
}
