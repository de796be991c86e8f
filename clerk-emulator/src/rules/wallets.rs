//! Wallets, which are verified by the signature of a message (EIP-191).

use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};
use sha3::{Digest as _, Keccak256};

use super::accounts;
use super::api_error::ApiError;
use super::codes;
use super::enterprise_accounts;
use super::identifiers;
use super::user_identifiers;
use super::verdict::Verdict;
use super::visit::Visit;
use crate::model::challenge::Challenge;
use crate::model::identifier::{Proof, Web3Wallet};
use crate::model::strategy::Strategy;
use crate::random;
use crate::secret::Secret;
use crate::store::tables::Tables;

/// Finds a wallet of a user.
pub(crate) fn find<'a>(
    tables: &'a Tables,
    user_id: &str,
    id: &str,
) -> Result<&'a Web3Wallet, ApiError> {
    accounts::find(tables, user_id)?
        .web3_wallets
        .iter()
        .find(|wallet| wallet.id == id)
        .ok_or_else(|| ApiError::not_found("web3 wallet", id))
}

/// Creates the message that a wallet signs.
pub(crate) fn challenge(name: &str, address: &str, visit: &Visit) -> Challenge {
    let mut challenge = Challenge::new(Strategy::Web3(name.to_owned()), visit.now);
    let page = visit.origin.as_deref().unwrap_or(&visit.emulator_url);
    let nonce = random::hex(16);
    challenge.answer = Some(Secret(format!(
        "{page} wants you to sign in with your wallet {address}.\n\nNonce: {nonce}"
    )));
    challenge
}

/// Checks a signature and counts the attempt.
pub(crate) fn answer(
    challenge: &mut Challenge,
    address: &str,
    signature: &str,
    now: i64,
) -> Result<(), ApiError> {
    let message = challenge
        .answer
        .as_ref()
        .map(|answer| answer.0.clone())
        .unwrap_or_default();
    let signer = signer(&message, signature);
    let is_right = signer.is_some_and(|signer| signer.eq_ignore_ascii_case(address));
    let wrong = ApiError::param(
        "form_incorrect_signature",
        "signature",
        "Incorrect signature",
    );
    codes::answer(challenge, is_right, wrong, now)
}

/// Returns the address of the wallet that signed a message.
fn signer(message: &str, signature: &str) -> Option<String> {
    let bytes = random::bytes_of_hex(signature.strip_prefix("0x")?)?;
    let (signature, last) = (bytes.get(..64)?, *bytes.get(64)?);
    let signature = Signature::from_slice(signature).ok()?;
    // The value is 27 or 28 for historical reasons, and 0 or 1 in some wallets.
    let recovery = RecoveryId::from_byte(last.checked_sub(27).unwrap_or(last))?;
    let prefixed = format!("\x19Ethereum Signed Message:\n{}{message}", message.len());
    let hash = Keccak256::digest(prefixed.as_bytes());
    let key = VerifyingKey::recover_from_prehash(&hash, &signature, recovery).ok()?;
    let point = key.to_encoded_point(false);
    let hash = Keccak256::digest(point.as_bytes().get(1..)?);
    Some(format!("0x{}", random::hex_of(hash.get(12..)?)))
}

/// Adds an unverified wallet to a user and returns its ID.
pub(crate) fn add(
    tables: &mut Tables,
    user_id: &str,
    address: String,
    now: i64,
) -> Result<String, ApiError> {
    enterprise_accounts::check_additional(tables, user_id)?;
    identifiers::check_new_wallet(tables, &address)?;
    let wallet = Web3Wallet::new(address, Proof::None, now);
    let id = wallet.id.clone();
    accounts::change(tables, user_id, now, |user| {
        user.web3_wallets.push(wallet);
        Ok(())
    })?;
    Ok(id)
}

/// Creates the message that a user's wallet signs.
pub(crate) fn prepare(
    tables: &mut Tables,
    user_id: &str,
    id: &str,
    strategy: &Strategy,
    visit: &Visit,
) -> Result<(), ApiError> {
    let Strategy::Web3(name) = strategy else {
        return Err(codes::other_strategy());
    };
    let address = find(tables, user_id, id)?.web3_wallet.clone();
    let challenge = challenge(name, &address, visit);
    keep(tables, user_id, id, &challenge, &Proof::None, visit.now)
}

/// Attempts to verify a user's wallet with a signature.
pub(crate) fn attempt(
    tables: &mut Tables,
    user_id: &str,
    id: &str,
    signature: &str,
    now: i64,
) -> Result<Verdict, ApiError> {
    let wallet = find(tables, user_id, id)?;
    let mut challenge = wallet.challenge.clone().ok_or_else(codes::not_prepared)?;
    let tried = answer(&mut challenge, &wallet.web3_wallet.clone(), signature, now);
    let proof = match (&tried, &challenge.strategy) {
        (Ok(()), Strategy::Web3(name)) => Proof::Signature(name.clone()),
        _ => Proof::None,
    };
    keep(tables, user_id, id, &challenge, &proof, now)?;
    Ok(Verdict::of(tried))
}

fn keep(
    tables: &mut Tables,
    user_id: &str,
    id: &str,
    challenge: &Challenge,
    proof: &Proof,
    now: i64,
) -> Result<(), ApiError> {
    accounts::change(tables, user_id, now, |user| {
        for wallet in user
            .web3_wallets
            .iter_mut()
            .filter(|wallet| wallet.id == id)
        {
            wallet.challenge = Some(challenge.clone());
            wallet.updated_at = now;
            if proof.is_given() {
                wallet.proof = proof.clone();
            }
        }
        if proof.is_given() && user.primary_web3_wallet_id.is_none() {
            user.primary_web3_wallet_id = Some(id.to_owned());
        }
        Ok(())
    })?;
    Ok(())
}

/// Makes a verified wallet the primary one.
pub(crate) fn make_primary(
    tables: &mut Tables,
    user_id: &str,
    id: &str,
    now: i64,
) -> Result<(), ApiError> {
    if !find(tables, user_id, id)?.proof.is_given() {
        return Err(ApiError::value(
            "primary_web3_wallet_id",
            "must name one that is verified",
        ));
    }
    accounts::change(tables, user_id, now, |user| {
        user.primary_web3_wallet_id = Some(id.to_owned());
        Ok(())
    })?;
    Ok(())
}

/// Removes a wallet from its user.
pub(crate) fn remove(
    tables: &mut Tables,
    user_id: &str,
    id: &str,
    now: i64,
) -> Result<(), ApiError> {
    find(tables, user_id, id)?;
    accounts::change(tables, user_id, now, |user| {
        let had = user.identifier_count();
        user.web3_wallets.retain(|wallet| wallet.id != id);
        user_identifiers::check_identifiable(user, had)?;
        if user.primary_web3_wallet_id.as_deref() == Some(id) {
            user.primary_web3_wallet_id = user.web3_wallets.first().map(|wallet| wallet.id.clone());
        }
        Ok(())
    })?;
    Ok(())
}
