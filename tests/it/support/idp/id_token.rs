//! ID tokens, right and wrong in each of the ways that a client has to notice.

use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use super::answers::doubled;
use super::{CLIENT_ID, Code, Desk, Fault, House, MARKER, OTHER_TENANT, Way, keys};

const HOUR: u64 = 3600;

impl House {
    pub(super) fn id_token(&self, desk: &mut Desk, code: &Code) -> String {
        let own = keys::own(desk.rotations);
        let claims = self.claims(desk, code);
        let payload = match desk.fault {
            Some(Fault::ClaimTwice) => doubled(&claims),
            _ => claims.to_string(),
        };
        let header = |algorithm: &str| json!({ "alg": algorithm, "typ": "JWT", "kid": own.kid });
        let usual = header("RS256");
        match desk.fault {
            Some(Fault::ForeignKey) => keys::foreign().sign(&usual, &payload, Algorithm::RS256),
            Some(Fault::BroughtKey) => {
                let mut brought = usual;
                brought["jwk"] = keys::foreign().jwk();
                brought["jku"] = json!(self.url("/moved"));
                keys::foreign().sign(&brought, &payload, Algorithm::RS256)
            }
            Some(Fault::UnknownKey) => {
                let mut unknown = usual;
                unknown["kid"] = json!("a-key-of-nobody");
                own.sign(&unknown, &payload, Algorithm::RS256)
            }
            Some(Fault::UnlistedAlgorithm) => own.sign(&header("RS512"), &payload, Algorithm::RS512),
            Some(Fault::UnknownAlgorithm) => own.sign(&header("XS256"), &payload, Algorithm::RS256),
            Some(Fault::Unsigned) => keys::unsigned(&header("none"), &payload),
            Some(Fault::MacWithPublicKey) => own.mac(&header("HS256"), &payload),
            Some(Fault::NotAToken) => format!("{MARKER}.not.a-token"),
            _ => own.sign(&usual, &payload, Algorithm::RS256),
        }
    }

    fn claims(&self, desk: &mut Desk, code: &Code) -> Value {
        let now = jsonwebtoken::get_current_timestamp();
        let mut claims = self.kind.claims(&code.person);
        if desk.does(Way::ThinIdTokens) {
            let members = claims.as_object_mut().expect("claims are an object");
            members.retain(|name, _| matches!(name.as_str(), "sub" | "oid" | "tid" | "ver"));
        }
        claims["iss"] = json!(self.kind.signing_issuer(&self.origin));
        claims["aud"] = json!(CLIENT_ID);
        claims["iat"] = json!(now);
        claims["exp"] = json!(now + HOUR);
        claims["auth_time"] = json!(now);
        claims["jti"] = json!(desk.token("jti"));
        if !code.nonce.is_empty() {
            claims["nonce"] = json!(code.nonce);
        }
        if let Some(fault) = desk.fault {
            spoil(&mut claims, fault, now);
        }
        claims
    }
}

fn spoil(claims: &mut Value, fault: Fault, now: u64) {
    let gone = match fault {
        Fault::NoNonce => "nonce",
        Fault::NoExpiry => "exp",
        Fault::NoSubject => "sub",
        _ => "",
    };
    claims.as_object_mut().expect("claims are an object").remove(gone);
    match fault {
        Fault::WrongNonce => claims["nonce"] = json!("of-another-sign-in"),
        Fault::WrongAudience => claims["aud"] = json!("another-client"),
        Fault::OtherParty => {
            claims["aud"] = json!([CLIENT_ID, "another-client"]);
            claims["azp"] = json!("another-client");
        }
        Fault::EmptySubject => claims["sub"] = json!(""),
        Fault::WrongIssuer => claims["iss"] = json!("https://evil.example"),
        Fault::WrongTenant => claims["tid"] = json!(OTHER_TENANT),
        Fault::Expired => {
            claims["iat"] = json!(now - 2 * HOUR);
            claims["exp"] = json!(now - HOUR);
        }
        Fault::FromTomorrow => {
            claims["iat"] = json!(now + 24 * HOUR);
            claims["nbf"] = json!(now + 24 * HOUR);
            claims["exp"] = json!(now + 25 * HOUR);
        }
        _ => {}
    }
}
