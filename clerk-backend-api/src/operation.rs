//! Building blocks of the generated operations.

/// Defines a typed request: the struct, the options that all requests have, and how the response is
/// read.
///
/// `reader` is the function in `answer` that reads the response. `same` lists the fields of the
/// response of which one must equal the name in the path.
macro_rules! request {
    (
        $(#[$attribute:meta])* $name:ident -> $answer:ty, $reader:ident $(($key:literal))?
        $(, same $($field:ident)|+)?
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Debug)]
        #[must_use = "a request does nothing until it is sent"]
        pub struct $name {
            request: $crate::request::Request,
        }

        impl $name {
            /// Applies options to this request, such as another key or an extra header.
            pub fn with(mut self, options: $crate::RequestOptions) -> Self {
                self.request.apply(options);
                self
            }

            /// Sets the time limit for one attempt of this request.
            pub fn timeout(self, timeout: ::std::time::Duration) -> Self {
                self.with($crate::RequestOptions::new().timeout(timeout))
            }

            /// Sets when this request is retried.
            pub fn retry(self, retry: $crate::Retry) -> Self {
                self.with($crate::RequestOptions::new().retry(retry))
            }

            /// Marks this request as safe to repeat, so that it is retried even if the server may
            /// already have processed it; see [`Retry`](crate::Retry).
            pub fn repeatable(mut self) -> Self {
                self.request = self.request.repeatable();
                self
            }

            /// Sends the request.
            ///
            /// # Errors
            /// Returns any of the errors that [`Error`](crate::Error) lists.
            // Inlined so that the code that reads the response is compiled only where it is used.
            #[inline]
            pub async fn send(self) -> Result<$answer, $crate::Error> {
                Ok(self.send_with_response().await?.into_value())
            }

            /// Sends the request and also returns the status, headers, body and trace ID of the
            /// response.
            ///
            /// # Errors
            /// Returns the same errors as [`send`](Self::send).
            #[inline]
            pub async fn send_with_response(
                self,
            ) -> Result<$crate::Response<$answer>, $crate::Error> {
                let asked = self.request.subject();
                let answer = self.request.execute().await?;
                let value: $answer = $crate::answer::$reader(&answer $(, $key)?)?;
                let names = [$($($crate::answer::Name::name(&value.$field)),+)?];
                $crate::answer::same(&answer, &asked, names)?;
                Ok($crate::Response::new(value, answer))
            }
        }
    };
}
pub(crate) use request;

/// The fields of one object in a request body.
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

/// Generates an idempotency key.
#[cfg(feature = "billing")]
pub(crate) fn generated_key() -> String {
    format!("{:032x}", fastrand::u128(..))
}

/// Collects the values of a list.
pub(crate) fn list_of<T, I: Into<T>>(values: impl IntoIterator<Item = I>) -> Vec<T> {
    values.into_iter().map(Into::into).collect()
}
