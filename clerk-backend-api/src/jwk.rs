use crate::lenient::model;

/// The keys that an instance signs its tokens with.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Jwks {
    /// The keys; several while one replaces another.
    pub keys: Vec<Jwk>,
}

model! {
    Jwks
    lenient { "keys" => keys, }
}

/// One public key as RFC 7517 writes it. Which members are there depends on the key type.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Jwk {
    /// Key id, which the header of a token names.
    pub kid: String,
    /// Key type: `RSA`, `EC` or `OKP`.
    pub kty: String,
    /// Signature algorithm, such as `RS256`.
    pub alg: String,
    /// What the key is for, `sig`.
    pub public_key_use: String,
    /// Curve of an `EC` or `OKP` key.
    pub crv: Option<String>,
    /// Modulus of an `RSA` key, base64url.
    pub n: Option<String>,
    /// Exponent of an `RSA` key, base64url.
    pub e: Option<String>,
    /// First coordinate of an `EC` key, or the `OKP` key itself, base64url.
    pub x: Option<String>,
    /// Second coordinate of an `EC` key, base64url.
    pub y: Option<String>,
    /// Certificate chain, base64.
    pub x5c: Vec<String>,
    /// SHA-1 fingerprint of the certificate, base64url.
    pub x5t: Option<String>,
    /// SHA-256 fingerprint of the certificate, base64url.
    pub x5t_s256: Option<String>,
    /// Where the certificate is.
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
