//! RSA keys of ring, which reads them for every signature.

use ring::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RsaParameters, RsaPublicKeyComponents,
};

use super::Algorithm;

/// The lengths of a modulus, in bytes: 2048 to 8192 bits.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=1024;

/// `rsaEncryption` without parameters (RFC 8017 appendix C).
const RSA_ENCRYPTION: &[u8] = &[
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
];

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const SEQUENCE: u8 = 0x30;

/// An RSA key that verifies signatures of one algorithm.
pub(crate) struct RsaPublicKey {
    components: RsaPublicKeyComponents<Box<[u8]>>,
    parameters: &'static RsaParameters,
}

impl RsaPublicKey {
    /// Creates a key from a modulus and an exponent, which are big-endian without leading zeros.
    pub(crate) fn from_components(algorithm: Algorithm, n: &[u8], e: &[u8]) -> Option<Self> {
        // What the library requires when it verifies: odd numbers, and an exponent from 3 to 33 bits.
        let exponent = e.len() <= 5 && (e.len() > 1 || e.first()? > &1) && e.last()? % 2 == 1;
        if !MODULUS.contains(&n.len()) || n.last()? % 2 == 0 || !exponent {
            return None;
        }
        Some(Self {
            components: RsaPublicKeyComponents {
                n: n.into(),
                e: e.into(),
            },
            parameters: match algorithm {
                Algorithm::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
                Algorithm::Rs384 => &RSA_PKCS1_2048_8192_SHA384,
                Algorithm::Rs512 => &RSA_PKCS1_2048_8192_SHA512,
            },
        })
    }

    /// Reads a key in DER format, a `SubjectPublicKeyInfo` (RFC 5280 section 4.1).
    pub(crate) fn from_der(algorithm: Algorithm, der: &[u8]) -> Option<Self> {
        let info = whole(der, SEQUENCE)?;
        let (identifier, info) = element(info, SEQUENCE)?;
        if identifier != RSA_ENCRYPTION {
            return None;
        }
        // The first byte is the number of unused bits.
        let key = whole(info, BIT_STRING)?.strip_prefix(&[0])?;
        let key = whole(key, SEQUENCE)?;
        let (n, key) = element(key, INTEGER)?;
        let e = whole(key, INTEGER)?;
        // A zero byte in front of the modulus says that the number is positive.
        Self::from_components(algorithm, n.strip_prefix(&[0])?, e)
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.components
            .verify(self.parameters, message, signature)
            .is_ok()
    }
}

/// Returns the content of the element with this tag at the start of `der`, and what follows it (X.690).
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (length, rest) = match der.strip_prefix(&[tag])? {
        [length @ ..=0x7f, rest @ ..] => (usize::from(*length), rest),
        [0x81, length, rest @ ..] => (usize::from(*length), rest),
        [0x82, high, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        _ => return None,
    };
    rest.split_at_checked(length)
}

/// Returns the content of `der`, which is one element with this tag.
fn whole(der: &[u8], tag: u8) -> Option<&[u8]> {
    let (content, rest) = element(der, tag)?;
    rest.is_empty().then_some(content)
}

#[cfg(test)]
mod tests {
    use clerk_test_support::forge::Signer;

    use super::*;

    fn reads(der: &[u8]) -> bool {
        RsaPublicKey::from_der(Algorithm::Rs256, der).is_some()
    }

    #[test]
    fn nothing_but_a_whole_key_of_rsa_is_read() {
        let der = Signer::instance().public_der();
        assert!(reads(der));
        for at in 0..der.len() {
            assert!(!reads(&der[..at]), "{at} bytes");
        }
        assert!(!reads(&[der, &[0]].concat()));
        // All but the numbers is fixed: three lengths and tags, the algorithm, the unused bits, the sign of the modulus.
        let modulus = der.len() - 256 - 5;
        for at in 0..modulus {
            let mut changed = der.to_vec();
            changed[at] ^= 1;
            assert!(!reads(&changed), "byte {at}");
        }
        for (at, even) in [(der.len() - 1, "exponent"), (der.len() - 6, "modulus")] {
            let mut changed = der.to_vec();
            changed[at] &= 0xfe;
            assert!(!reads(&changed), "an even {even}");
        }
    }

    #[test]
    fn numbers_that_the_library_refuses_are_no_key() {
        let odd = |bytes: usize| vec![0xff; bytes];
        for (n, e, expected) in [
            (odd(256), vec![3], true),
            (odd(1024), vec![1, 0, 1], true),
            (odd(255), vec![3], false),
            (odd(1025), vec![3], false),
            (odd(256), vec![1], false),
            (odd(256), vec![], false),
            (odd(256), vec![1, 0, 0, 0, 0, 1], false),
            (vec![], vec![3], false),
        ] {
            let key = RsaPublicKey::from_components(Algorithm::Rs256, &n, &e);
            assert_eq!(key.is_some(), expected, "{} bytes, {e:?}", n.len());
        }
    }
}
