//! Dresses egui itself: every widget of its own that the app uses (text fields, scroll bars, popups, tooltips) gets
//! its looks from the tokens.

use egui::epaint::Shadow;
use egui::style::{Selection, WidgetVisuals, Widgets};
use egui::{
    Context, CornerRadius, FontFamily, FontId, Frame, Margin, Stroke, Style, TextStyle, Theme,
    ThemePreference, Vec2, Visuals,
};
use serde::{Deserialize, Serialize};

use super::{Palette, Type, motion, palette_for, radius, size, space};

/// Which theme the person wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThemeChoice {
    /// As the system says.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

/// What the person chose about looks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Appearance {
    /// Light, dark or as the system says.
    pub theme: ThemeChoice,
    /// Everything is drawn this many percent of its size: 80 to 150.
    pub text_percent: u16,
    /// Whether nothing moves; `None` as the system says.
    pub reduced_motion: Option<bool>,
}

impl Appearance {
    /// How large everything is, of its usual size.
    pub fn zoom(&self) -> f32 {
        f32::from(self.text_percent.clamp(80, 150)) / 100.0
    }
}

impl Default for Appearance {
    fn default() -> Self {
        Self {
            theme: ThemeChoice::System,
            text_percent: 100,
            reduced_motion: None,
        }
    }
}

/// Makes egui wear the theme. Cheap; called at start and whenever `appearance` changes, or whether the system asks for less
/// motion.
pub fn apply(ctx: &Context, appearance: Appearance, system_wants_less_motion: bool) {
    let reduced_motion = appearance.reduced_motion.unwrap_or(system_wants_less_motion);
    ctx.set_theme(match appearance.theme {
        ThemeChoice::System => ThemePreference::System,
        ThemeChoice::Light => ThemePreference::Light,
        ThemeChoice::Dark => ThemePreference::Dark,
    });
    ctx.set_zoom_factor(appearance.zoom());
    for (theme, dark) in [(Theme::Light, false), (Theme::Dark, true)] {
        ctx.set_style_of(theme, style(palette_for(dark), dark, reduced_motion));
    }
    ctx.options_mut(|options| options.zoom_with_keyboard = false);
}

/// The shadow under what floats.
pub fn shadow(palette: &Palette) -> Shadow {
    Shadow {
        offset: [0, 4],
        blur: 20,
        spread: 0,
        color: palette.shadow,
    }
}

/// The frame of menus and dialogs.
pub fn float_frame(palette: &Palette) -> Frame {
    Frame::new()
        .fill(palette.float)
        .stroke(Stroke::new(size::HAIRLINE, palette.hairline))
        .corner_radius(CornerRadius::same(radius::CARD))
        .shadow(shadow(palette))
}

fn style(palette: &Palette, dark: bool, reduced_motion: bool) -> Style {
    let mut style = Style {
        text_styles: [
            (TextStyle::Small, Type::Caption.font()),
            (TextStyle::Body, Type::Body.font()),
            (TextStyle::Button, Type::BodyStrong.font()),
            (TextStyle::Heading, Type::Screen.font()),
            (
                TextStyle::Monospace,
                FontId::new(Type::Mono.size(), FontFamily::Monospace),
            ),
        ]
        .into(),
        visuals: visuals(palette, dark),
        animation_time: if reduced_motion { 0.0 } else { motion::QUICK_S },
        ..Style::default()
    };
    if reduced_motion {
        style.scroll_animation = egui::style::ScrollAnimation::none();
    }
    let spacing = &mut style.spacing;
    spacing.item_spacing = Vec2::splat(space::S);
    spacing.button_padding = Vec2::new(space::L, space::S);
    spacing.interact_size = Vec2::new(size::CONTROL, size::CONTROL_SMALL);
    spacing.menu_margin = Margin::same(6);
    spacing.window_margin = Margin::same(16);
    spacing.menu_width = size::DIALOG;
    spacing.scroll.floating = true;
    spacing.scroll.bar_width = size::SCROLL_BAR;
    spacing.scroll.floating_width = space::XS;
    spacing.scroll.floating_allocated_width = 0.0;
    spacing.scroll.handle_min_length = size::SCROLL_HANDLE_MIN;
    spacing.scroll.bar_inner_margin = 2.0;
    spacing.scroll.bar_outer_margin = 2.0;
    spacing.scroll.foreground_color = true;
    spacing.scroll.dormant_handle_opacity = 0.0;
    spacing.scroll.active_handle_opacity = 0.25;
    spacing.scroll.interact_handle_opacity = 0.4;
    spacing.scroll.dormant_background_opacity = 0.0;
    spacing.scroll.active_background_opacity = 0.0;
    spacing.scroll.interact_background_opacity = 0.0;
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.4;
    style
}

fn visuals(palette: &Palette, dark: bool) -> Visuals {
    let mut visuals = if dark { Visuals::dark() } else { Visuals::light() };
    visuals.widgets = widgets(palette);
    visuals.selection = Selection {
        bg_fill: palette.text_selection,
        stroke: Stroke::new(size::HAIRLINE, palette.accent),
    };
    visuals.override_text_color = None;
    visuals.weak_text_color = Some(palette.secondary);
    visuals.hyperlink_color = palette.accent;
    visuals.faint_bg_color = palette.list;
    visuals.extreme_bg_color = palette.field;
    visuals.text_edit_bg_color = Some(palette.field);
    visuals.code_bg_color = palette.hover;
    visuals.warn_fg_color = palette.warning_text;
    visuals.error_fg_color = palette.danger;
    visuals.window_corner_radius = CornerRadius::same(radius::CARD);
    visuals.menu_corner_radius = CornerRadius::same(radius::CARD);
    visuals.window_fill = palette.float;
    visuals.panel_fill = palette.window;
    visuals.window_stroke = Stroke::new(size::HAIRLINE, palette.hairline);
    visuals.window_shadow = shadow(palette);
    visuals.popup_shadow = shadow(palette);
    visuals.text_cursor.stroke = Stroke::new(size::FOCUS_RING, palette.accent);
    // A blinking cursor would repaint a window in which nothing happens.
    visuals.text_cursor.blink = false;
    visuals.image_loading_spinners = false;
    visuals.interact_cursor = Some(egui::CursorIcon::PointingHand);
    visuals
}

fn widgets(palette: &Palette) -> Widgets {
    let widget = |fill, edge, text| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(size::HAIRLINE, edge),
        corner_radius: CornerRadius::same(radius::CONTROL),
        fg_stroke: Stroke::new(size::HAIRLINE, text),
        expansion: 0.0,
    };
    Widgets {
        noninteractive: widget(palette.window, palette.hairline, palette.text),
        inactive: widget(palette.field, palette.field_edge, palette.text),
        hovered: widget(palette.hover, palette.field_edge, palette.text),
        active: widget(palette.selected, palette.accent, palette.text),
        open: widget(palette.hover, palette.hairline, palette.text),
    }
}
