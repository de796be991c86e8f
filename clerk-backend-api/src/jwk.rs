use crate::lenient::model;

/// The public keys of an instance, which verify the tokens it signs.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Jwks {
    /// The keys. During a rotation there are several.
    pub keys: Vec<Jwk>,
}

model! {
    Jwks
    lenient { "keys" => keys, }
}

/// A public key in the format of RFC 7517. The key type determines which members are present.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Jwk {
    /// Key ID, which the header of a token refers to.
    pub kid: String,
    /// Key type: `RSA`, `EC` or `OKP`.
    pub kty: String,
    /// Signature algorithm, such as `RS256`.
    pub alg: String,
    /// Intended use of the key: `sig`.
    pub public_key_use: String,
    /// Curve of an `EC` or `OKP` key.
    pub crv: Option<String>,
    /// Modulus of an `RSA` key, base64url.
    pub n: Option<String>,
    /// Exponent of an `RSA` key, base64url.
    pub e: Option<String>,
    /// X coordinate of an `EC` key, or the `OKP` public key, base64url.
    pub x: Option<String>,
    /// Y coordinate of an `EC` key, base64url.
    pub y: Option<String>,
    /// Certificate chain, base64.
    pub x5c: Vec<String>,
    /// SHA-1 fingerprint of the certificate, base64url.
    pub x5t: Option<String>,
    /// SHA-256 fingerprint of the certificate, base64url.
    pub x5t_s256: Option<String>,
    /// URL of the certificate.
    pub x5u: Option<String>,
}

model! {
    Jwk
    lenient {
        "kid" => kid,
        "kty" => kty,
        "alg" => alg,
        "use" => public_key_use,
        "crv" => crv,
        "n" => n,
        "e" => e,
        "x" => x,
        "y" => y,
        "x5c" => x5c,
        "x5t" => x5t,
        "x5t#S256" => x5t_s256,
        "x5u" => x5u,
    }
}
