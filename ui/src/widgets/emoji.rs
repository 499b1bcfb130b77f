//! The emoji picker: the ones people use most, in six groups. Each is a button whose name is the emoji itself, which
//! every screen reader can say in the person's language.

use egui::{CornerRadius, FontId, Role, ScrollArea, Sense, Ui, Vec2, WidgetInfo};

use crate::t;
use crate::theme::{Type, palette, radius, size, space};

const SMILEYS: &str = "😀 😃 😄 😁 😆 😅 😂 🤣 😊 😇 🙂 🙃 😉 😌 😍 🥰 😘 😋 😛 😜 🤪 🤨 🧐 🤓 😎 🥳 😏 😒 😔 😟 🙁 😣 😖 😫 🥺 😢 😭 😤 😠 😡 🤯 😳 😱 😨 😰 🤗 🤔 🤭 🤫 😶 😐 😬 🙄 😯 😴 🤤 😵 🤐 🤢 🤧 😷 🤒 🤕 🤠";
const HANDS: &str = "👍 👎 👌 ✌️ 🤞 🤟 🤘 🤙 👈 👉 👆 👇 ✋ 👋 🤚 🖖 👏 🙌 👐 🤲 🙏 🤝 💪 ✍️ 💅 🤳 🙋 🤷 🤦 🙇 💃 🕺 🏃 🚶 👀 👶 👧 👦 👩 👨 👵 👴 👪 👻";
const HEARTS: &str = "❤️ 🧡 💛 💚 💙 💜 🖤 🤍 🤎 💔 ❣️ 💕 💞 💓 💗 💖 💘 💝 💯 💢 💥 💫 💦 💨 💬 💭 💤 ✅ ❌ ❓ ❗ ⭐ 🌟 ✨ ⚡ 🔥 🎉 🎊 🎁 🎂 🏆 🥇 🎯 🎵";
const NATURE: &str = "🐶 🐱 🐭 🐰 🦊 🐻 🐼 🐨 🐯 🦁 🐮 🐷 🐸 🐵 🙈 🙉 🙊 🐔 🐧 🐦 🐤 🦉 🐺 🐴 🦄 🐝 🐛 🦋 🐌 🐞 🐢 🐍 🐙 🐠 🐬 🐳 🐘 🐪 🌵 🌲 🌳 🌴 🌱 🌿 🍀 🍁 🌺 🌻 🌹 🌷 🌸 🌞 🌙 🌈 ☀️ ⛅ 🌧️ ⛈️ ❄️ 🌊";
const FOOD: &str = "🍏 🍎 🍐 🍊 🍋 🍌 🍉 🍇 🍓 🍒 🍑 🥭 🍍 🥥 🥝 🍅 🥑 🥕 🌽 🌶️ 🍞 🧀 🥚 🍳 🥞 🍔 🍟 🍕 🌮 🌯 🥗 🍝 🍜 🍲 🍛 🍣 🍚 🍦 🍰 🧁 🍫 🍬 🍭 🍿 🍩 🍪 🥛 ☕ 🍵 🍺 🍷 🥂";
const THINGS: &str = "⚽ 🏀 🏏 🏓 🎮 🎲 🎸 🎨 📷 📱 💻 ⌚ 💡 📚 ✏️ 📎 📌 🔒 🔑 🔨 ⏰ 📅 ✉️ 📦 💰 💳 🚗 🚌 🚲 🚀 ✈️ 🚢 🚂 🏠 🏢 🏥 🏫 🗺️ 🏖️ ⛰️ 🕌 ⛪ 🛕 🗽 🇮🇳 🏳️ 🏁";

/// How many stand in a row.
const COLUMNS: usize = 8;

/// Paints the picker; gives the one that was picked.
pub fn picker_ui(ui: &mut Ui) -> Option<&'static str> {
    let groups = [
        (t!("emoji-smileys"), SMILEYS),
        (t!("emoji-hands"), HANDS),
        (t!("emoji-hearts"), HEARTS),
        (t!("emoji-nature"), NATURE),
        (t!("emoji-food"), FOOD),
        (t!("emoji-things"), THINGS),
    ];
    let mut picked = None;
    ui.spacing_mut().item_spacing = Vec2::ZERO;
    ScrollArea::vertical().max_height(size::LIST_MIN).show(ui, |ui| {
        ui.set_width(cell() * 8.0 + space::S);
        for (title, group) in &groups {
            ui.add_space(space::XS);
            ui.horizontal(|ui| {
                // Where the emoji below begins within its button.
                ui.add_space(space::S);
                ui.label(Type::CaptionStrong.rich(title, palette(ui).secondary));
            });
            ui.add_space(space::XS);
            let all: Vec<&'static str> = group.split(' ').collect();
            for row in all.chunks(COLUMNS) {
                ui.horizontal(|ui| {
                    for emoji in row {
                        if emoji_ui(ui, emoji) {
                            picked = Some(*emoji);
                        }
                    }
                });
            }
        }
    });
    picked
}

fn cell() -> f32 {
    size::ICON_BUTTON
}

fn emoji_ui(ui: &mut Ui, emoji: &str) -> bool {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(cell()), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, emoji));
    if ui.is_rect_visible(rect) {
        let colours = palette(ui);
        if response.hovered() || response.has_focus() {
            ui.painter()
                .rect_filled(rect, CornerRadius::same(radius::CONTROL), colours.hover);
        }
        let font = FontId {
            size: Type::Screen.size(),
            ..Type::Body.font()
        };
        ui.painter().text(
            rect.center(),
            egui::Align2::CENTER_CENTER,
            emoji,
            font,
            colours.text,
        );
    }
    response.clicked()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::rich_text::only_emoji;

    #[test]
    fn every_entry_is_one_emoji_and_stands_there_once() {
        let mut seen = std::collections::HashSet::new();
        for emoji in [SMILEYS, HANDS, HEARTS, NATURE, FOOD, THINGS]
            .into_iter()
            .flat_map(|group| group.split(' '))
        {
            assert_eq!(only_emoji(emoji), Some(1), "{emoji}");
            assert!(seen.insert(emoji), "{emoji} stands there twice");
        }
    }
}
