//! A panic in the window's own code: what was being taken in or painted is let go of, a page says that nothing is lost, and
//! going on begins with a fresh look at what the node has. The node itself runs on all the while.

use egui::{Context, Ui};

use super::{App, Stage};
use crate::contained::contained;
use crate::model::Model;
use crate::model::requests::RequestKey;
use crate::profiles::ProfileRequest;
use crate::route::Route;
use crate::t;
use crate::views::start::Start;
use crate::views::talk::Talk;
use crate::widgets::empty::Empty;
use crate::widgets::icon::Icon;
use crate::widgets::toast::Toasts;

impl App {
    /// Lets `work` be done; if it panics, the next frame says so.
    pub(super) fn contain(&mut self, ctx: &Context, work: impl FnOnce(&mut Self)) {
        if contained(|| work(self)).is_none() && !self.fallen {
            self.fallen = true;
            ctx.request_repaint();
        }
    }

    /// The page that tells of it. A panic in here is contained as well: it is then painted anew with the next input.
    pub(super) fn fallen_ui(&mut self, ui: &mut Ui) {
        let painted = contained(|| {
            let (title, text) = (t!("fallen-title"), t!("fallen-text"));
            let (go_on, anew) = (t!("fallen-go-on"), t!("fallen-anew"));
            let page = Empty::new(Icon::ERROR, &title, &text);
            page.action(&go_on).other(&anew).show(ui)
        });
        let pressed = painted.unwrap_or_default();
        if pressed.action {
            self.go_on(ui.ctx());
        } else if pressed.other {
            self.lock(ui.ctx());
        }
    }

    /// Whatever the panic may have left half changed is thrown away, but for what is half typed; the node is asked for the rest.
    fn go_on(&mut self, ctx: &Context) {
        self.fallen = false;
        self.keep_drafts();
        let old = std::mem::replace(&mut self.model, Model::chosen(&self.settings));
        // Answers that are on their way name the old requests: no new one may have their numbers.
        self.model.requests = old.requests.emptied();
        self.model.own_folder = old.own_folder;
        self.commands.clear();
        self.talk = Talk::default();
        self.toasts = Toasts::default();
        self.route = Route::default();
        if self.model.own_folder.is_some() {
            self.stage = Stage::Open;
            self.ask_all(Model::first_questions());
        } else {
            self.stage = Stage::Closed(Box::new(Start::new(self.settings.last_profile.clone())));
            self.ask_profile(RequestKey::only("list-profiles"), ProfileRequest::List);
        }
        ctx.request_repaint();
    }
}

#[cfg(test)]
mod tests {
    use egui::Panel;
    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable;

    use super::*;
    use crate::fonts;

    /// egui goes on after a panic in the middle of its panels, in a closure that it had given its memory to.
    #[test]
    fn a_window_whose_painting_failed_half_way_is_painted_again() {
        let mut frames = 0;
        let mut harness = Harness::new_ui(move |ui| {
            frames += 1;
            if frames == 1 {
                // They are there from the next frame on.
                return fonts::install(ui.ctx());
            }
            let painted = contained(|| {
                Panel::left("list").show(ui, |ui| {
                    ui.label("half");
                    ui.memory_mut(|_| assert!(frames > 2, "on purpose"));
                });
                ui.label("whole");
            });
            assert_eq!(painted.is_some(), frames > 2);
        });
        harness.step();
        harness.step();
        harness.get_by_label("whole");
    }
}
