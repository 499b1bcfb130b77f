//! A window with a word in it: what eframe and the graphics driver cost by themselves. The bench `startup` compares
//! Kith's own window with this one.

use std::time::Instant;

fn main() -> eframe::Result {
    let begun = Instant::now();
    let options = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title("Bare")
            .with_inner_size(kith_ui::theme::size::WINDOW),
        renderer: eframe::Renderer::Glow,
        ..eframe::NativeOptions::default()
    };
    let mut painted = false;
    eframe::run_ui_native("Bare", options, move |ui, _| {
        ui.label("Bare");
        if !painted {
            painted = true;
            eprintln!("painted for the first time after {:?}", begun.elapsed());
        }
    })
}
