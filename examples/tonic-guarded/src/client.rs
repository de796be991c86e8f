//! A client of the services.

use http::uri::PathAndQuery;
use tonic::metadata::MetadataValue;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use crate::text_codec::TextCodec;

/// Calls methods with or without a token in the metadata.
#[derive(Clone, Debug)]
pub struct Client {
    channel: Channel,
}

impl Client {
    /// Creates a client of the server at this address, such as `http://127.0.0.1:3000`. It connects at the first call.
    ///
    /// # Errors
    /// Returns an error if the address is not valid.
    pub fn new(address: String) -> Result<Self, tonic::transport::Error> {
        Ok(Self {
            channel: Endpoint::from_shared(address)?.connect_lazy(),
        })
    }

    /// Calls a method, such as `/demo.Greeter/Hello`.
    ///
    /// # Errors
    /// Returns the status of a refused or failed call.
    pub async fn call(
        &self,
        method: &'static str,
        message: &str,
        token: Option<&str>,
    ) -> Result<String, Status> {
        let mut request = Request::new(message.to_owned());
        if let Some(token) = token {
            let value = MetadataValue::try_from(format!("Bearer {token}")).map_err(|_| {
                Status::invalid_argument(
                    "the token contains characters that metadata does not allow",
                )
            })?;
            request.metadata_mut().insert("authorization", value);
        }
        let mut grpc = tonic::client::Grpc::new(self.channel.clone());
        grpc.ready()
            .await
            .map_err(|error| Status::unavailable(error.to_string()))?;
        let path = PathAndQuery::from_static(method);
        Ok(grpc.unary(request, path, TextCodec).await?.into_inner())
    }
}
