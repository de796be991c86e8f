//! What the generated operations are made of.

/// A typed request: the struct, the options that all requests take, and how the answer is read.
///
/// `reader` is the function of `answer` that reads the answer.
macro_rules! request {
    ($(#[$attribute:meta])* $name:ident -> $answer:ty, $reader:ident) => {
        $(#[$attribute])*
        #[derive(Clone, Debug)]
        #[must_use = "a request does nothing until it is sent"]
        pub struct $name {
            request: $crate::request::Request,
        }

        impl $name {
            /// Options of this call alone, such as another key or an extra header.
            pub fn with(mut self, options: $crate::RequestOptions) -> Self {
                self.request.apply(options);
                self
            }

            /// How long one attempt of this call may take.
            pub fn timeout(self, timeout: ::std::time::Duration) -> Self {
                self.with($crate::RequestOptions::new().timeout(timeout))
            }

            /// When this call is repeated.
            pub fn retry(self, retry: $crate::Retry) -> Self {
                self.with($crate::RequestOptions::new().retry(retry))
            }

            /// Sends the request.
            ///
            /// # Errors
            /// Whatever [`Error`](crate::Error) lists.
            // Inlined so that reading the answer is compiled where it is used, and nowhere else.
            #[inline]
            pub async fn send(self) -> Result<$answer, $crate::Error> {
                $crate::answer::$reader(&self.request.execute().await?)
            }

            /// Sends the request and gives status, headers, body and trace id of the answer, too.
            ///
            /// # Errors
            /// As [`send`](Self::send).
            #[inline]
            pub async fn send_with_response(
                self,
            ) -> Result<$crate::Response<$answer>, $crate::Error> {
                let answer = self.request.execute().await?;
                Ok($crate::Response::new($crate::answer::$reader(&answer)?, answer))
            }
        }
    };
}
pub(crate) use request;

/// What one object in a request's body may hold.
macro_rules! input {
    ($(#[$attribute:meta])* $name:ident) => {
        $(#[$attribute])*
        #[derive(Clone, Debug)]
        #[must_use]
        pub struct $name {
            fields: $crate::fields::Fields,
        }

        impl $crate::fields::Wire for $name {
            fn wire(self) -> Option<::serde_json::Value> {
                self.fields.wire()
            }
        }
    };
}
pub(crate) use input;

/// A key under which the server recognises a repeated call.
#[cfg(feature = "billing")]
pub(crate) fn generated_key() -> String {
    format!("{:032x}", fastrand::u128(..))
}

/// Collects the values of a list.
pub(crate) fn list_of<T, I: Into<T>>(values: impl IntoIterator<Item = I>) -> Vec<T> {
    values.into_iter().map(Into::into).collect()
}
