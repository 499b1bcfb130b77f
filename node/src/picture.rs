//! Pictures that a person chooses: decoded within bounds, cropped to a square, made small, and stripped of everything
//! but the pixels.

use std::io::Cursor;

use image::{ImageFormat, ImageReader, Limits, imageops::FilterType};

use crate::{command::Command, error::CommandError};

/// The largest file that is looked at, bytes.
const MAX_FILE_BYTES: usize = 8 * 1024 * 1024;
/// The largest picture that is decoded, pixels on a side.
const MAX_SIDE: u32 = 8_192;
/// How much memory decoding may take, bytes.
const MAX_DECODING_BYTES: u64 = 256 * 1024 * 1024;
/// The side of what is kept and sent, pixels.
const SIDE: u32 = 256;

/// Replaces the file in a [`Command::SetPicture`] by the small PNG that the engine keeps; other commands pass.
/// Decoding takes long, so it runs beside the runtime's threads.
///
/// # Errors
/// [`CommandError::BadPicture`], with a sentence that says why.
pub(crate) async fn prepared(command: Command) -> Result<Command, CommandError> {
    let Command::SetPicture { image: Some(file) } = command else {
        return Ok(command);
    };
    let done = tokio::task::spawn_blocking(move || small(&file)).await;
    let png = done.map_err(|_| bad("It could not be decoded."))??;
    Ok(Command::SetPicture {
        image: Some(data_encoding::BASE64.encode(&png)),
    })
}

fn small(file: &str) -> Result<Vec<u8>, CommandError> {
    if file.len() / 4 * 3 > MAX_FILE_BYTES {
        return Err(bad("The file is over 8 MiB."));
    }
    let bytes = data_encoding::BASE64
        .decode(file.as_bytes())
        .map_err(|_| bad("It is not base64."))?;
    let reader = ImageReader::new(Cursor::new(&bytes)).with_guessed_format();
    let mut reader = reader.map_err(|_| bad("The file could not be read."))?;
    if !matches!(
        reader.format(),
        Some(ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP)
    ) {
        return Err(bad("Only PNG, JPEG and WebP images can be used."));
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_DECODING_BYTES);
    reader.limits(limits);
    let decoded = reader
        .decode()
        .map_err(|_| bad("The image is damaged or larger than 8192 pixels on a side."))?;
    let square = decoded.resize_to_fill(SIDE, SIDE, FilterType::Lanczos3).to_rgb8();
    let mut png = Cursor::new(Vec::new());
    square
        .write_to(&mut png, ImageFormat::Png)
        .map_err(|_| bad("It could not be encoded."))?;
    Ok(png.into_inner())
}

fn bad(reason: &str) -> CommandError {
    CommandError::BadPicture {
        reason: reason.into(),
    }
}

#[cfg(test)]
mod tests {
    use image::RgbImage;

    use super::*;

    fn file(image: &RgbImage, format: ImageFormat) -> String {
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, format).unwrap();
        data_encoding::BASE64.encode(bytes.get_ref())
    }

    #[test]
    fn a_large_photo_becomes_a_small_square() {
        let photo = RgbImage::from_fn(1200, 800, |x, y| {
            image::Rgb([(x % 256) as u8, (y % 256) as u8, 7])
        });
        let png = small(&file(&photo, ImageFormat::Jpeg)).unwrap();
        let kept = image::load_from_memory(&png).unwrap();
        assert_eq!((kept.width(), kept.height()), (256, 256));
    }

    #[test]
    fn what_is_no_picture_is_refused_in_words() {
        let words = |file: &str| small(file).unwrap_err().to_string();
        assert!(words("%%%").contains("base64"));
        assert!(words("aGVsbG8gd29ybGQ=").contains("PNG, JPEG and WebP"));
        let mut damaged = file(&RgbImage::new(30, 30), ImageFormat::Png);
        damaged.truncate(60);
        assert!(words(&damaged).contains("damaged"));
    }
}
