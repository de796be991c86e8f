use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{FromRequest, Request};
use http::StatusCode;

use crate::model::user::Image;
use crate::random;
use crate::rules::api_error::ApiError;

/// The largest image that is accepted.
pub(crate) const MOST_IMAGE_BYTES: usize = 10 * 1024 * 1024;

/// A form with an image.
#[derive(Debug)]
pub(crate) struct ImageForm {
    pub(crate) file: Option<Image>,
    pub(crate) uploader_user_id: Option<String>,
}

impl ImageForm {
    /// Returns the image, or an error if there is none.
    pub(crate) fn image(self) -> Result<Image, ApiError> {
        self.file.ok_or_else(|| ApiError::missing("file"))
    }
}

impl<S: Send + Sync> FromRequest<S> for ImageForm {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let mut form = Multipart::from_request(request, state)
            .await
            .map_err(|error| ApiError::bad_request("request_body_invalid", error.body_text()))?;
        let mut read = Self {
            file: None,
            uploader_user_id: None,
        };
        while let Some(field) = form.next_field().await.map_err(unreadable)? {
            match field.name() {
                Some("file") => read.file = Some(image(field).await?),
                Some("uploader_user_id") => {
                    read.uploader_user_id = Some(field.text().await.map_err(unreadable)?);
                }
                _ => {}
            }
        }
        Ok(read)
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the signature that map_err wants"
)]
fn unreadable(error: MultipartError) -> ApiError {
    ApiError::bad_request("request_body_invalid", error.body_text())
}

async fn image(field: Field<'_>) -> Result<Image, ApiError> {
    let bytes = field.bytes().await.map_err(unreadable)?;
    if bytes.len() > MOST_IMAGE_BYTES {
        return Err(ApiError {
            param_name: Some("file".to_owned()),
            ..ApiError::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "image_too_large",
                "The image being uploaded is more than 10MB. Please choose a smaller one.",
            )
        });
    }
    let content_type = image_type(&bytes).ok_or_else(|| {
        ApiError::param(
            "request_body_invalid",
            "file",
            "The file must be a PNG, JPEG, GIF or WebP image",
        )
    })?;
    Ok(Image {
        content_type: content_type.to_owned(),
        bytes,
        version: random::hex(8),
    })
}

/// Returns the type of an image by its first bytes; the client's claim is not trusted.
fn image_type(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some("image/png")
    } else if bytes.starts_with(b"\xff\xd8\xff") {
        Some("image/jpeg")
    } else if bytes.starts_with(b"GIF8") {
        Some("image/gif")
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        Some("image/webp")
    } else {
        None
    }
}
