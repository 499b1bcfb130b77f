//! What one frame costs on the processor: everything that eframe asks of the app for it (taking in news, laying out,
//! painting into shapes) and egui's tessellation. Not in it: what the graphics card or its software does with the triangles.
//!
//! The window shows one of a hundred thousand messages at a time over a scripted node, in which no time passes. The time is
//! that of this thread on a core (schedstat in proc(5)), so that other programs add noise but no waiting; the medians wait.

#![allow(
    clippy::expect_used,
    reason = "a bench that meets the unexpected should fail where it stands"
)]

mod outside;

use std::time::{Duration, Instant};

use egui::{Context, Event, Key, Modifiers, MouseWheelUnit, RawInput, Rect, TouchPhase, Vec2, pos2};
use kith_ui::app::{AfterClose, App, Launch};
use kith_ui::i18n::Language;
use kith_ui::settings::Settings;

const ROWS: u64 = 100_000;
const FRAMES: usize = 400;
/// Design section 10.
const BUDGET_MS: f64 = 4.0;
const WINDOW: Vec2 = Vec2::new(1_100.0, 760.0);
/// Frames per second of the screen.
const FRAME_S: f64 = 1.0 / 60.0;

fn main() {
    let mut window = Window::open();
    window.settle();
    window.unlock();
    window.keys(Modifiers::ALT, Key::ArrowDown);
    window.settle();
    window.measure("rest", |_| Vec::new());
    window.measure("typing", |number| {
        let letter = if number % 6 == 5 { " " } else { "e" };
        vec![Event::Text(letter.to_owned())]
    });
    window.measure("scrolling", |_| {
        vec![
            Event::PointerMoved(pos2(700.0, 300.0)),
            Event::MouseWheel {
                unit: MouseWheelUnit::Point,
                delta: egui::vec2(0.0, 180.0),
                modifiers: Modifiers::NONE,
                phase: TouchPhase::Move,
                source: egui::MouseWheelSource::Wheel,
            },
        ]
    });
    window.measure("rest_far_up", |_| Vec::new());
}

/// The app without a window around it.
struct Window {
    ctx: Context,
    app: App,
    time_s: f64,
}

impl Window {
    fn open() -> Self {
        let ctx = Context::default();
        let settings = Settings {
            language: Some(Language::English),
            ..Settings::default()
        };
        let launch = Launch {
            backend: Box::new(outside::Outside::new(ROWS)),
            settings,
            settings_whole: true,
            settings_file: None,
            profile: None,
            link: String::new(),
            after_close: AfterClose::default(),
        };
        let app = App::new(&ctx, launch);
        Self {
            ctx,
            app,
            time_s: 0.0,
        }
    }

    fn frame(&mut self, events: Vec<Event>) {
        self.time_s += FRAME_S;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(pos2(0.0, 0.0), WINDOW)),
            time: Some(self.time_s),
            focused: true,
            events,
            ..RawInput::default()
        };
        let app = &mut self.app;
        let mut output = self.ctx.run_ui(input, |ui| {
            app.logic_step(ui.ctx());
            app.paint(ui);
        });
        let shown = self.ctx.tessellate(output.shapes, output.pixels_per_point);
        std::hint::black_box(shown);
        // Nobody draws, so no texture is uploaded; epaint wants to be told so.
        output.textures_delta.clear();
    }

    /// Long enough for everything that appears to have appeared.
    fn settle(&mut self) {
        for _ in 0..60 {
            self.frame(Vec::new());
        }
    }

    fn keys(&mut self, modifiers: Modifiers, key: Key) {
        for pressed in [true, false] {
            self.frame(vec![Event::Key {
                key,
                physical_key: None,
                pressed,
                repeat: false,
                modifiers,
            }]);
        }
    }

    fn unlock(&mut self) {
        self.frame(vec![Event::Text("any passphrase will do here".to_owned())]);
        self.keys(Modifiers::NONE, Key::Enter);
        self.settle();
        let model = self.app.model();
        assert!(model.chats.list.loaded(), "the profile did not open");
    }

    fn measure(&mut self, what: &str, events: impl Fn(usize) -> Vec<Event>) {
        let mut times = Vec::with_capacity(FRAMES);
        let before = on_processor();
        for number in 0..FRAMES {
            let events = events(number);
            let begun = Instant::now();
            self.frame(events);
            times.push(begun.elapsed());
        }
        // The system counts in ticks of some milliseconds: only the sum says something.
        let frames = f64::from(u32::try_from(FRAMES).expect("few frames"));
        let mean_ms = on_processor().saturating_sub(before).as_secs_f64() * 1_000.0 / frames;
        times.sort_unstable();
        let median = times.get(FRAMES / 2).copied().unwrap_or_default();
        let missed = if mean_ms > BUDGET_MS { ": MISSED" } else { "" };
        println!("frame.{what}.mean_on_core {mean_ms:.2} ms (budget {BUDGET_MS} ms{missed})");
        println!("frame.{what}.p50 {:.2} ms", median.as_secs_f64() * 1_000.0);
    }
}

/// How long this thread has run on a core.
fn on_processor() -> Duration {
    let schedstat = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    let nanoseconds = schedstat
        .split_whitespace()
        .next()
        .and_then(|first| first.parse().ok());
    Duration::from_nanos(nanoseconds.expect("schedstat begins with a number"))
}
