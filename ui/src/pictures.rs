//! People's pictures on the graphics card. A view asks for one by its hash while it paints; what is not here is
//! asked of the node after the frame, and the view gets it in a later one.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use egui::{ColorImage, Context, TextureHandle, TextureOptions};

/// Most pictures kept; beyond it those that were not looked at for longest go.
const MAX_PICTURES: usize = 256;

struct Held {
    texture: TextureHandle,
    looked_at: u64,
}

/// The pictures that are here, and those that were looked for.
#[derive(Default)]
pub struct Pictures {
    inner: RefCell<Inner>,
}

#[derive(Default)]
struct Inner {
    held: HashMap<String, Held>,
    wanted: HashSet<String>,
    asked: HashSet<String>,
    looks: u64,
}

impl Pictures {
    /// The picture with this hash (as a view type names it), or `None` while it is being fetched.
    pub fn get(&self, hash: Option<&str>) -> Option<TextureHandle> {
        let hash = hash?;
        let mut inner = self.inner.borrow_mut();
        inner.looks += 1;
        let looks = inner.looks;
        if let Some(held) = inner.held.get_mut(hash) {
            held.looked_at = looks;
            return Some(held.texture.clone());
        }
        if !inner.asked.contains(hash) {
            inner.wanted.insert(hash.to_owned());
        }
        None
    }

    /// The hashes that were looked for and not asked for yet; from now on they count as asked for.
    pub fn take_wanted(&self) -> Vec<String> {
        let mut inner = self.inner.borrow_mut();
        let wanted: Vec<String> = inner.wanted.drain().collect();
        inner.asked.extend(wanted.iter().cloned());
        wanted
    }

    /// A picture has come.
    pub fn arrived(&self, ctx: &Context, hash: &str, image: ColorImage) {
        let mut inner = self.inner.borrow_mut();
        if inner.held.len() >= MAX_PICTURES {
            let oldest = inner
                .held
                .iter()
                .min_by_key(|(_, held)| held.looked_at)
                .map(|(hash, _)| hash.clone());
            if let Some(oldest) = oldest {
                inner.held.remove(&oldest);
                inner.asked.remove(&oldest);
            }
        }
        let texture = ctx.load_texture(format!("picture {hash}"), image, TextureOptions::LINEAR);
        let looked_at = inner.looks;
        inner.held.insert(hash.to_owned(), Held { texture, looked_at });
    }

    /// Forgets which pictures could not be had, so that they are asked for again when looked for.
    pub fn forget_failures(&self) {
        let mut inner = self.inner.borrow_mut();
        let held: HashSet<String> = inner.held.keys().cloned().collect();
        inner.asked = held;
    }
}

/// Decodes PNG, JPEG or WebP bytes for the graphics card, at most `side` pixels wide and high.
pub fn decode(bytes: &[u8], side: u32) -> Result<ColorImage, image::ImageError> {
    let image = image::load_from_memory(bytes)?;
    let image = if image.width().max(image.height()) > side {
        image.thumbnail(side, side)
    } else {
        image
    };
    let pixels = image.to_rgba8();
    let size = [pixels.width() as usize, pixels.height() as usize];
    Ok(ColorImage::from_rgba_unmultiplied(size, pixels.as_raw()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_asked_for_once_and_found_later() {
        let ctx = Context::default();
        let pictures = Pictures::default();
        assert!(pictures.get(None).is_none());
        assert!(pictures.get(Some("a")).is_none());
        assert_eq!(pictures.take_wanted(), ["a"]);
        assert!(pictures.get(Some("a")).is_none());
        assert!(pictures.take_wanted().is_empty());
        pictures.arrived(&ctx, "a", ColorImage::example());
        assert!(pictures.get(Some("a")).is_some());
    }

    #[test]
    fn the_longest_unseen_goes_first() {
        let ctx = Context::default();
        let pictures = Pictures::default();
        for n in 0..MAX_PICTURES {
            pictures.arrived(&ctx, &n.to_string(), ColorImage::example());
        }
        for n in 1..MAX_PICTURES {
            pictures.get(Some(&n.to_string()));
        }
        pictures.arrived(&ctx, "new", ColorImage::example());
        assert!(pictures.get(Some("0")).is_none());
        assert!(pictures.get(Some("1")).is_some() && pictures.get(Some("new")).is_some());
    }

    #[test]
    fn what_is_no_picture_is_an_error() {
        assert!(decode(b"not a picture", 64).is_err());
    }
}
