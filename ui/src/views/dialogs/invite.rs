//! Two dialogs that belong together: hand out a link (as text and as a QR code), and open one. Each refusal of a
//! link says what is wrong with it in its own words ([`crate::i18n::errors`]).

use egui::{Context, Rect, Role, Sense, Ui, Vec2, WidgetInfo, pos2};
use kith_node::Command;
use kith_node::id::AccountId;
use kith_node::view::{InviteState, InviteView};

use super::head_ui;
use crate::action::Action;
use crate::i18n::dates;
use crate::model::requests::{RequestKey, RequestState};
use crate::route::{Dialog, Route};
use crate::t;
use crate::theme::{Type, palette, radius, size, space};
use crate::views::Cx;
use crate::widgets::button::Button;
use crate::widgets::field::Field;
use crate::widgets::icon::Icon;
use crate::widgets::notice::{Tone, notice_ui};
use crate::widgets::qr::Code;

/// What is typed and drawn in the two dialogs.
#[derive(Default)]
pub struct InviteDialog {
    link: String,
    /// The link that was in the field when it was last sent.
    tried: Option<String>,
    code: Option<Code>,
    /// The invite whose link was shown last, since the dialog came up.
    handed: Option<String>,
    /// The dialog came up just now.
    fresh: bool,
    /// A link is being tried.
    trying: bool,
}

impl InviteDialog {
    /// A dialog comes up: a link is asked for if none is open, a pasted one is put into the field.
    pub fn open(&mut self, ctx: &Context, cx: &mut Cx<'_>, dialog: &Dialog) {
        self.handed = None;
        match dialog {
            Dialog::Invite if open_invite(cx).is_none() => new_link(cx),
            Dialog::AddContact { link } => {
                link.clone_into(&mut self.link);
                self.tried = None;
                self.fresh = true;
                cx.act(Action::Forgive(add_key()));
                ctx.memory_mut(|memory| memory.request_focus(Field::new("add link", "").id()));
            }
            _ => {}
        }
    }

    /// Hand out a link.
    pub fn hand_out_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        head_ui(ui, cx, &t!("invite-title"));
        if let Some(by) = self.opened_by(cx) {
            self.opened_ui(ui, cx, by);
            return;
        }
        ui.add(egui::Label::new(Type::Secondary.rich(t!("invite-hint"), palette(ui).secondary)).wrap());
        ui.add_space(space::M);
        let state = cx.model.requests.state(&new_key());
        match (open_invite(cx).cloned(), &state) {
            (Some(invite), _) => self.link_ui(ui, cx, &invite),
            (None, RequestState::Failed(why)) => {
                notice_ui(ui, Tone::Danger, &format!("{} {why}", t!("invite-failed")));
                ui.add_space(space::M);
                if Button::primary(&t!("retry")).wide().show(ui).clicked() {
                    new_link(cx);
                }
            }
            (None, _) => waiting_ui(ui),
        }
        ui.add_space(space::S);
        if Button::plain(&t!("invite-other"))
            .icon(Icon::LINK)
            .wide()
            .show(ui)
            .clicked()
        {
            cx.act(Action::Go(
                cx.route.with_dialog(Dialog::AddContact { link: String::new() }),
            ));
        }
    }

    /// Who has opened the link that was shown, while the dialog stands.
    fn opened_by(&self, cx: &Cx<'_>) -> Option<AccountId> {
        let handed = self.handed.as_ref()?;
        let mut all = cx.model.invites.newest_first().into_iter();
        match all.find(|invite| invite.id == *handed)?.state {
            InviteState::Used { by } => Some(by),
            InviteState::Open | InviteState::Expired | InviteState::Revoked => None,
        }
    }

    /// The link has done its work: who opened it, and the way to them.
    fn opened_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, by: AccountId) {
        let model = cx.model;
        let contact = model.contacts.get(by);
        let title = contact.map_or_else(
            || t!("invite-done-somebody"),
            |contact| t!("invite-done-title", name = contact.name.as_str()),
        );
        notice_ui(ui, Tone::Good, &title);
        ui.add_space(space::L);
        if let Some(chat) = model.chats.list.with(by)
            && Button::primary(&t!("contact-message"))
                .icon(Icon::CHATS)
                .wide()
                .show(ui)
                .clicked()
        {
            cx.act(Action::Go(Route::conversation(chat.id)));
        }
        ui.add_space(space::S);
        if Button::soft(&t!("invite-new"))
            .icon(Icon::REFRESH)
            .wide()
            .show(ui)
            .clicked()
        {
            self.handed = None;
            if open_invite(cx).is_none() {
                new_link(cx);
            }
        }
    }

    fn link_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, invite: &InviteView) {
        self.handed = Some(invite.id.clone());
        if let Some(code) = Code::of(&mut self.code, &invite.link) {
            // In a low window the button that copies the link is to be seen without scrolling.
            let low = ui.ctx().content_rect().height() < size::LOW_BELOW;
            let side = if low { size::CODE_SMALL } else { size::LIST_MIN };
            ui.vertical_centered(|ui| code.show_ui(ui, side, &t!("invite-qr")));
            ui.add_space(space::M);
        }
        let colours = palette(ui);
        let width = ui.available_width();
        let (rect, _) = ui.allocate_exact_size(Vec2::new(width, size::CONTROL), Sense::hover());
        let galley = Type::Mono.one_line(ui.painter(), &invite.link, colours.text, width - 2.0 * space::M);
        ui.painter().rect_filled(rect, radius::CONTROL, colours.field);
        let words = ui.interact(rect.shrink(space::XS), ui.scope_id().with("link"), Sense::hover());
        words.widget_info(|| WidgetInfo::labeled(Role::Label, true, &invite.link));
        ui.painter().galley(
            pos2(rect.left() + space::M, rect.center().y - galley.size().y / 2.0).round(),
            galley,
            colours.text,
        );
        ui.add_space(space::XS);
        let until = t!("invite-expires", time = dates::full(invite.expires_at_ms));
        ui.label(Type::Caption.rich(until, colours.secondary));
        ui.add_space(space::M);
        if Button::primary(&t!("invite-copy"))
            .icon(Icon::COPY)
            .wide()
            .show(ui)
            .clicked()
        {
            cx.act(Action::Copy(invite.link.clone()));
        }
        ui.add_space(space::S);
        let state = cx.model.requests.state(&new_key());
        if Button::soft(&t!("invite-new"))
            .icon(Icon::REFRESH)
            .wide()
            .request(&state, cx.now_ms)
            .show(ui)
            .clicked()
        {
            new_link(cx);
        }
    }

    /// Open somebody's link.
    pub fn add_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        head_ui(ui, cx, &t!("add-title"));
        ui.add(egui::Label::new(Type::Secondary.rich(t!("add-hint"), palette(ui).secondary)).wrap());
        ui.add_space(space::M);
        let state = cx.model.requests.state(&add_key());
        let problem = match state {
            RequestState::Failed(why) if self.tried.as_deref() == Some(self.link.trim()) => Some(why),
            _ => None,
        };
        let field = Field::new("add link", &t!("add-field"))
            .hint(&t!("add-field-hint"))
            .mono()
            .problem(problem)
            .show(ui, &mut self.link);
        // A link that another program handed over may come up while nothing has the keyboard.
        let nobody = ui.memory(|memory| memory.focused().is_none());
        if nobody && std::mem::take(&mut self.fresh) {
            field.request_focus();
        }
        // Enter took the keyboard from the field; a link that was refused gives it back.
        if std::mem::replace(&mut self.trying, state.is_running()) && problem.is_some() {
            field.request_focus();
        }
        let enter = ui.input(|input| input.key_pressed(egui::Key::Enter));
        let entered = enter && (field.lost_focus() || nobody);
        ui.add_space(space::L);
        let ready = !self.link.trim().is_empty();
        let label = t!("add-button");
        let add = Button::primary(&label)
            .icon(Icon::ADD_CONTACT)
            .wide()
            .enabled(ready);
        let pressed = add.request(&state, cx.now_ms).show(ui).clicked();
        let sends = ready && (pressed || entered) && !state.is_running();
        if sends {
            let link = self.link.trim().to_owned();
            self.tried = Some(link.clone());
            cx.act(Action::Call {
                key: add_key(),
                command: Command::AddContact { link },
            });
        }
        if self.tried.is_some() && !sends && state == RequestState::Idle {
            self.tried = None;
            self.link.clear();
            cx.act(Action::Back);
        }
        ui.add_space(space::S);
        if Button::plain(&t!("add-other"))
            .icon(Icon::QR)
            .wide()
            .show(ui)
            .clicked()
        {
            cx.act(Action::Go(cx.route.with_dialog(Dialog::Invite)));
        }
    }
}

/// The request that adds a contact.
pub fn add_key() -> RequestKey {
    RequestKey::only("add contact")
}

fn new_key() -> RequestKey {
    RequestKey::only("new invite")
}

fn new_link(cx: &mut Cx<'_>) {
    cx.act(Action::Call {
        key: new_key(),
        command: Command::CreateInvite { valid_for_s: None },
    });
}

/// The newest link that can still be used.
fn open_invite<'a>(cx: &Cx<'a>) -> Option<&'a InviteView> {
    let model = cx.model;
    let open = |invite: &&InviteView| invite.state == InviteState::Open && invite.expires_at_ms > cx.now_ms;
    model.invites.newest_first().into_iter().find(open)
}

fn waiting_ui(ui: &mut Ui) {
    let (rect, response) =
        ui.allocate_exact_size(Vec2::new(ui.available_width(), size::LIST_MIN), Sense::hover());
    let label = t!("invite-making");
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, &label));
    let square = Rect::from_center_size(rect.center(), Vec2::splat(size::LIST_MIN));
    ui.painter()
        .rect_filled(square, radius::CARD, palette(ui).skeleton);
}
