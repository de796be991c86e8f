use std::{fmt, io};

use bytes::Bytes;
use percent_encoding::{CONTROLS, utf8_percent_encode};
use tokio::io::{AsyncRead, AsyncReadExt};

/// An image to upload: JPEG, PNG, GIF or WebP of at most 10 MB.
///
/// The bytes are kept in memory, so that the upload can be retried.
///
/// ```no_run
/// use clerk_backend_api::{ClerkClient, Error, Upload};
///
/// # async fn run(client: ClerkClient, png: Vec<u8>) -> Result<(), Error> {
/// let image = Upload::bytes(png).file_name("me.png").content_type("image/png");
/// client.users().set_profile_image("user_2abc", image).send().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct Upload {
    content: Bytes,
    file_name: String,
    content_type: Option<String>,
}

impl Upload {
    /// Creates an upload from bytes. The media type is detected from the first bytes.
    pub fn bytes(content: impl Into<Bytes>) -> Self {
        Self {
            content: content.into(),
            file_name: "file".to_owned(),
            content_type: None,
        }
    }

    /// Creates an upload from everything that `reader` returns.
    ///
    /// # Errors
    /// Fails if reading fails.
    pub async fn read(mut reader: impl AsyncRead + Unpin) -> io::Result<Self> {
        let mut content = Vec::new();
        reader.read_to_end(&mut content).await?;
        Ok(Self::bytes(content))
    }

    /// Sets the file name, `file` by default. Control characters are percent-encoded.
    pub fn file_name(mut self, name: impl Into<String>) -> Self {
        self.file_name = name.into();
        self
    }

    /// Sets the media type, such as `image/png`.
    pub fn content_type(mut self, media_type: impl Into<String>) -> Self {
        self.content_type = Some(media_type.into());
        self
    }

    pub(crate) fn content(&self) -> &Bytes {
        &self.content
    }

    /// Returns the file name for use in a header, which a line break would end.
    pub(crate) fn name(&self) -> String {
        let mut name = String::with_capacity(self.file_name.len());
        for c in self.file_name.chars() {
            if c.is_control() {
                name.extend(utf8_percent_encode(c.encode_utf8(&mut [0; 4]), CONTROLS));
            } else {
                name.push(c);
            }
        }
        name
    }

    pub(crate) fn media_type(&self) -> &str {
        match &self.content_type {
            Some(media_type) => media_type,
            None => detect(&self.content),
        }
    }
}

/// Detects the media type from the first bytes, for the four formats that the API accepts.
fn detect(content: &[u8]) -> &'static str {
    match content {
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [b'G', b'I', b'F', b'8', ..] => "image/gif",
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => "image/webp",
        _ => "application/octet-stream",
    }
}

impl From<Vec<u8>> for Upload {
    fn from(content: Vec<u8>) -> Self {
        Self::bytes(content)
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("length", &self.content.len())
            .field("content_type", &self.media_type())
            .finish_non_exhaustive()
    }
}
