//! A provider of Pix, asked as the Brazilian central bank's Pix API 2 describes it: `cob` is a charge, `devolucao` is money
//! given back, and both have a number of our own that stands for one thing for ever.
//!
//! Of an answer only what names our own number counts.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::future::BoxFuture;
use holdfast_money::{Currency, Money, parse_decimal};
use hyper::{Method, StatusCode};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::pix::BrCode;
use super::{BackState, Charge, ChargeState, ConfirmingProvider, GivingBack, Paid};
use crate::payment::https::{Call, Endpoint};
use crate::payment::{Fault, PoiTransaction};

/// How long before its end a token is not used any more.
const TOKEN_MARGIN: Duration = Duration::from_secs(30);
/// The digits of a payment's own number (endToEndId): a letter, a bank, a time and a rest.
const END_TO_END_CHARS: usize = 32;

/// Where a provider is and as whom it is asked.
#[derive(Clone)]
pub struct PixAccount {
    pub host: String,
    pub port: u16,
    /// What the provider's certificate is for; mostly the host.
    pub server_name: String,
    /// What stands before `/cob`, such as `/api/v2`.
    pub base_path: String,
    /// Where tokens are given out, such as `/oauth/token`.
    pub token_path: String,
    pub client_id: String,
    pub client_secret: Zeroizing<String>,
    /// The certificate and key that the provider knows this client by, in PEM. Empty where it asks for none.
    pub client_pem: Zeroizing<String>,
    /// Whom the provider's certificate has to be signed by, in PEM.
    pub roots_pem: String,
    /// The receiver's Pix key.
    pub key: String,
    pub merchant_name: String,
    pub merchant_city: String,
    /// For a connection with TLS.
    pub connect: Duration,
    /// For an answer.
    pub answer: Duration,
}

impl fmt::Debug for PixAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PixAccount {:?} at {}:{}", self.client_id, self.host, self.port)
    }
}

/// Why a provider cannot be set up so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PixSettingsError {
    #[error("HF-DEV-041: the root certificate for the provider is no certificate in PEM")]
    Root,
    #[error("HF-DEV-041: the client's certificate and key are not both there in PEM, or do not fit together")]
    Client,
    #[error("HF-DEV-041: the provider's server name is no name")]
    Name,
    #[error("HF-DEV-041: the receiver's name or town leaves nothing that a code can hold")]
    Merchant,
}

/// A provider of Pix.
pub struct PixApi {
    account: PixAccount,
    endpoint: Endpoint,
    token: Mutex<Option<(Zeroizing<String>, Instant)>>,
}

impl fmt::Debug for PixApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.account, f)
    }
}

#[derive(Deserialize)]
struct Token {
    access_token: String,
    #[serde(default)]
    expires_in: u64,
}

#[derive(Serialize)]
struct NewCob<'a> {
    calendario: Calendario,
    valor: Valor,
    chave: &'a str,
    #[serde(rename = "solicitacaoPagador")]
    text: &'a str,
}

#[derive(Serialize)]
struct Calendario {
    expiracao: u64,
}

#[derive(Serialize, Deserialize)]
struct Valor {
    original: String,
}

#[derive(Deserialize)]
struct Cob {
    txid: String,
    status: String,
    valor: Valor,
    #[serde(default)]
    location: Option<String>,
    #[serde(default)]
    loc: Option<Loc>,
    #[serde(default, rename = "pixCopiaECola")]
    code: Option<String>,
    #[serde(default)]
    pix: Option<Vec<PaidPix>>,
}

#[derive(Deserialize)]
struct Loc {
    #[serde(default)]
    location: Option<String>,
}

#[derive(Deserialize)]
struct PaidPix {
    #[serde(rename = "endToEndId")]
    end_to_end_id: String,
    #[serde(default)]
    txid: Option<String>,
    valor: String,
}

#[derive(Deserialize)]
struct Devolucao {
    id: String,
    valor: String,
    status: String,
    #[serde(default)]
    motivo: Option<String>,
}

/// What an API says when it does not do something (RFC 7807, as the Pix API uses it).
#[derive(Deserialize)]
struct Problem {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    detail: Option<String>,
}

/// An answer, sorted by what it means before its content is looked at.
enum Answer {
    Content(Vec<u8>),
    /// It positively does not know what was named.
    Unknown,
    /// It positively did not do it.
    Refused(Option<String>),
}

impl PixApi {
    /// Nothing is sent.
    ///
    /// # Errors
    /// [`PixSettingsError`] when something is missing or malformed.
    pub fn new(account: PixAccount) -> Result<PixApi, PixSettingsError> {
        BrCode::new("pix.example.com", &account.merchant_name, &account.merchant_city)
            .map_err(|_| PixSettingsError::Merchant)?;
        let name = ServerName::try_from(account.server_name.clone()).map_err(|_| PixSettingsError::Name)?;
        let endpoint = Endpoint {
            device: "Pix".to_owned(),
            host: account.host.clone(),
            port: account.port,
            name,
            tls: Arc::new(tls(&account)?),
            connect: account.connect,
        };
        Ok(PixApi { account, endpoint, token: Mutex::default() })
    }

    async fn call(
        &self,
        method: Method,
        path: String,
        body: Vec<u8>,
        during: &'static str,
    ) -> Result<Answer, Fault> {
        let token = self.token(during).await?;
        let path = format!("{}{path}", self.account.base_path);
        let call = |token: &str| Call {
            method: method.clone(),
            path: path.clone(),
            content_type: "application/json",
            authorization: Some(format!("Bearer {token}")),
            body: body.clone(),
        };
        let (mut status, mut answer) =
            self.endpoint.exchange(call(&token), self.account.answer, during).await?;
        if status == StatusCode::UNAUTHORIZED {
            // The token was taken back before its time. What was refused so was not done, and its number makes it harmless
            // to send again.
            self.forget_token();
            let token = self.token(during).await?;
            (status, answer) = self.endpoint.exchange(call(&token), self.account.answer, during).await?;
        }
        let problem = || serde_json::from_slice::<Problem>(&answer).ok();
        match status.as_u16() {
            200 | 201 => Ok(Answer::Content(answer)),
            401 | 403 => Err(Fault::NotTrusted {
                device: self.endpoint.device.clone(),
                what: "it does not let this client do that".to_owned(),
            }),
            // A server in between also says 404; only the API itself names what is not there.
            404 if problem().is_some_and(|problem| problem.kind.contains("NaoEncontrad")) => {
                Ok(Answer::Unknown)
            }
            400 | 409 | 410 | 422 => match problem() {
                Some(problem) => Ok(Answer::Refused(problem.detail)),
                None => Err(self.garbled(during, "a refusal without a reason")),
            },
            status => Err(self.garbled(during, &format!("HTTP status {status}"))),
        }
    }

    /// A token that is good for a while (RFC 6749, section 4.4).
    async fn token(&self, during: &'static str) -> Result<Zeroizing<String>, Fault> {
        let kept = self.token.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((token, _)) = kept.filter(|(_, until)| Instant::now() < *until) {
            return Ok(token);
        }
        let secret = Zeroizing::new(format!("{}:{}", self.account.client_id, *self.account.client_secret));
        let call = Call {
            method: Method::POST,
            path: self.account.token_path.clone(),
            content_type: "application/x-www-form-urlencoded",
            authorization: Some(format!("Basic {}", STANDARD.encode(secret.as_bytes()))),
            body: b"grant_type=client_credentials".to_vec(),
        };
        let (status, answer) = self.endpoint.exchange(call, self.account.answer, during).await?;
        match status.as_u16() {
            200 | 201 => {}
            400 | 401 | 403 => {
                return Err(Fault::NotTrusted {
                    device: self.endpoint.device.clone(),
                    what: "it does not take this client's secret".to_owned(),
                });
            }
            status => return Err(self.garbled(during, &format!("HTTP status {status}"))),
        }
        let token = serde_json::from_slice::<Token>(&answer)
            .ok()
            .filter(|token| token.access_token.bytes().all(|byte| byte.is_ascii_graphic()))
            .ok_or_else(|| self.garbled(during, "a token in another form"))?;
        let word = Zeroizing::new(token.access_token);
        let good_for = Duration::from_secs(token.expires_in.min(24 * 60 * 60)).saturating_sub(TOKEN_MARGIN);
        let kept = (word.clone(), Instant::now() + good_for);
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
        Ok(word)
    }

    fn forget_token(&self) {
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    async fn charge(
        &self,
        method: Method,
        number: &str,
        body: Vec<u8>,
        during: &'static str,
    ) -> Result<Answer, Fault> {
        self.call(method, format!("/cob/{number}"), body, during).await
    }

    pub(super) fn state(
        &self,
        number: &str,
        content: &[u8],
        during: &'static str,
    ) -> Result<(ChargeState, Money), Fault> {
        let cob = serde_json::from_slice::<Cob>(content)
            .map_err(|_| self.garbled(during, "a charge in another form"))?;
        if cob.txid != number {
            return Err(self.foreign(during));
        }
        let due = self.money(&cob.valor.original, during)?;
        let state = match (cob.pix.as_deref().unwrap_or_default(), cob.status.as_str()) {
            // Money that arrived has arrived, whatever became of the charge.
            ([paid], _) => {
                if paid.txid.as_deref().is_some_and(|txid| txid != number) {
                    return Err(self.foreign(during));
                }
                let transaction = kept_transaction(&paid.end_to_end_id)
                    .ok_or_else(|| self.garbled(during, "a payment without a number that can be kept"))?;
                ChargeState::Paid(Paid { amount: self.money(&paid.valor, during)?, transaction })
            }
            ([], "ATIVA") => ChargeState::Open { code: self.code(&cob).unwrap_or_default() },
            ([], "REMOVIDA_PELO_USUARIO_RECEBEDOR" | "REMOVIDA_PELO_PSP") => ChargeState::Gone,
            _ => return Err(self.garbled(during, "a charge in a state that cannot be")),
        };
        Ok((state, due))
    }

    /// The provider's own code when it leads where the provider says, else one of our own making.
    fn code(&self, cob: &Cob) -> Option<String> {
        let location = cob.location.as_deref().or(cob.loc.as_ref()?.location.as_deref())?;
        let ours = BrCode::new(location, &self.account.merchant_name, &self.account.merchant_city).ok()?;
        let theirs = cob
            .code
            .as_deref()
            .filter(|code| BrCode::read(code).is_some_and(|theirs| theirs.url() == ours.url()));
        theirs.map(str::to_owned).or_else(|| ours.text().ok())
    }

    pub(super) fn back(
        &self,
        number: &str,
        content: &[u8],
        during: &'static str,
    ) -> Result<BackState, Fault> {
        let back = serde_json::from_slice::<Devolucao>(content)
            .map_err(|_| self.garbled(during, "money given back in another form"))?;
        if back.id != number {
            return Err(self.foreign(during));
        }
        Ok(match back.status.as_str() {
            "EM_PROCESSAMENTO" => BackState::UnderWay,
            "DEVOLVIDO" => BackState::Done { amount: self.money(&back.valor, during)? },
            "NAO_REALIZADO" => BackState::Refused { said: back.motivo },
            _ => return Err(self.garbled(during, "money given back in a state that cannot be")),
        })
    }

    fn money(&self, text: &str, during: &'static str) -> Result<Money, Fault> {
        parse_decimal(text)
            .ok()
            .and_then(|amount| Money::new(amount, brl()?).ok())
            .filter(|money| money.is_positive())
            .ok_or_else(|| self.garbled(during, "an amount that cannot be"))
    }

    fn of_reais(&self, amount: Money) -> Result<String, Fault> {
        if Some(amount.currency()) != brl() {
            return Err(Fault::NotCapable {
                device: self.endpoint.device.clone(),
                what: "it moves Brazilian reais only",
            });
        }
        Ok(format!("{}.{:02}", amount.minor() / 100, amount.minor() % 100))
    }

    fn garbled(&self, during: &'static str, what: &str) -> Fault {
        Fault::Garbled { device: self.endpoint.device.clone(), during, what: what.to_owned() }
    }

    fn foreign(&self, during: &'static str) -> Fault {
        Fault::Foreign { device: self.endpoint.device.clone(), during }
    }

    fn back_path(&self, back: &GivingBack) -> Result<String, Fault> {
        let original = end_to_end_id(&back.original).ok_or_else(|| Fault::CannotSay {
            device: self.endpoint.device.clone(),
            what: "the payment to be given back is none of its own".to_owned(),
        })?;
        Ok(format!("/pix/{original}/devolucao/{}", back.number))
    }
}

fn brl() -> Option<Currency> {
    Currency::from_code("BRL").ok()
}

/// A payment's number with marks in it: without them some banks' numbers have a run of digits that looks like a card's.
fn kept_transaction(id: &str) -> Option<PoiTransaction> {
    let is_one = id.len() == END_TO_END_CHARS && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_one.then(|| PoiTransaction::new(format!("{}_{}_{}", &id[..9], &id[9..21], &id[21..])).ok())?
}

fn end_to_end_id(transaction: &PoiTransaction) -> Option<String> {
    let id = transaction.as_str().replace('_', "");
    (kept_transaction(&id).as_ref() == Some(transaction)).then_some(id)
}

fn tls(account: &PixAccount) -> Result<ClientConfig, PixSettingsError> {
    let mut roots = RootCertStore::empty();
    for root in CertificateDer::pem_slice_iter(account.roots_pem.as_bytes()) {
        let root = root.map_err(|_| PixSettingsError::Root)?;
        roots.add(root).map_err(|_| PixSettingsError::Root)?;
    }
    if roots.is_empty() {
        return Err(PixSettingsError::Root);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS 1.2 and 1.3")
        .with_root_certificates(roots);
    if account.client_pem.is_empty() {
        return Ok(config.with_no_client_auth());
    }
    let pem = account.client_pem.as_bytes();
    let chain: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|_| PixSettingsError::Client)?;
    let key = PrivateKeyDer::from_pem_slice(pem).map_err(|_| PixSettingsError::Client)?;
    config.with_client_auth_cert(chain, key).map_err(|_| PixSettingsError::Client)
}

impl ConfirmingProvider for PixApi {
    fn name(&self) -> &str {
        "Pix"
    }

    fn account(&self) -> String {
        let text = format!("{}/{}/{}", self.account.host, self.account.client_id, self.account.key);
        let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
        let nibbles = digest.as_ref().iter().take(8).flat_map(|byte| [byte >> 4, byte & 0x0F]);
        // Letters only, so that it never looks like a card's number.
        nibbles.map(|nibble| char::from(b'a' + nibble)).collect()
    }

    fn create<'a>(&'a self, charge: &'a Charge) -> BoxFuture<'a, Result<ChargeState, Fault>> {
        Box::pin(async move {
            let during = "making a charge";
            let body = NewCob {
                calendario: Calendario { expiracao: charge.good_for.as_secs().max(1) },
                valor: Valor { original: self.of_reais(charge.amount)? },
                chave: &self.account.key,
                text: &charge.text,
            };
            let body = serde_json::to_vec(&body)
                .map_err(|_| self.garbled(during, "the request cannot be written"))?;
            let mut answer = self.charge(Method::PUT, &charge.number, body, during).await?;
            if matches!(answer, Answer::Refused(_)) {
                // A number that is there already is refused: then it is the same charge.
                answer = self.charge(Method::GET, &charge.number, Vec::new(), during).await?;
            }
            match answer {
                Answer::Content(content) => match self.state(&charge.number, &content, during)? {
                    (_, due) if due != charge.amount => {
                        Err(self.garbled(during, "a charge of another amount"))
                    }
                    (state, _) => Ok(state),
                },
                Answer::Unknown | Answer::Refused(_) => Ok(ChargeState::Unknown),
            }
        })
    }

    fn poll<'a>(&'a self, number: &'a str) -> BoxFuture<'a, Result<ChargeState, Fault>> {
        Box::pin(async move {
            let during = "asking about a charge";
            match self.charge(Method::GET, number, Vec::new(), during).await? {
                Answer::Content(content) => Ok(self.state(number, &content, during)?.0),
                Answer::Unknown => Ok(ChargeState::Unknown),
                Answer::Refused(_) => Err(self.garbled(during, "it refuses a question")),
            }
        })
    }

    fn cancel<'a>(&'a self, number: &'a str) -> BoxFuture<'a, Result<ChargeState, Fault>> {
        Box::pin(async move {
            let during = "stopping a charge";
            let body = br#"{"status":"REMOVIDA_PELO_USUARIO_RECEBEDOR"}"#.to_vec();
            match self.charge(Method::PATCH, number, body, during).await? {
                Answer::Content(content) => Ok(self.state(number, &content, during)?.0),
                Answer::Unknown => Ok(ChargeState::Unknown),
                // One that is paid, or removed already, cannot be removed.
                Answer::Refused(_) => self.poll(number).await,
            }
        })
    }

    fn refund<'a>(&'a self, back: &'a GivingBack) -> BoxFuture<'a, Result<BackState, Fault>> {
        Box::pin(async move {
            let during = "giving money back";
            let body = format!(r#"{{"valor":"{}"}}"#, self.of_reais(back.amount)?).into_bytes();
            match self.call(Method::PUT, self.back_path(back)?, body, during).await? {
                Answer::Content(content) => self.back(&back.number, &content, during),
                Answer::Unknown => Ok(BackState::Unknown),
                // A number that is there already is refused as well, so the reason is believed only when it is not there.
                Answer::Refused(said) => match self.poll_refund(back).await? {
                    BackState::Unknown => Ok(BackState::Refused { said }),
                    known => Ok(known),
                },
            }
        })
    }

    fn poll_refund<'a>(&'a self, back: &'a GivingBack) -> BoxFuture<'a, Result<BackState, Fault>> {
        Box::pin(async move {
            let during = "asking about money given back";
            match self.call(Method::GET, self.back_path(back)?, Vec::new(), during).await? {
                Answer::Content(content) => self.back(&back.number, &content, during),
                Answer::Unknown => Ok(BackState::Unknown),
                Answer::Refused(_) => Err(self.garbled(during, "it refuses a question")),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_payments_number_never_looks_like_a_cards() {
        // A bank whose number begins like a card scheme's, at a time that makes Luhn's check come out.
        let unlucky = (101..129)
            .map(|day| format!("E607011902026{day:04}1011abcdefghijk"))
            .find(|id| holdfast_pan::holds_pan(id))
            .expect("one in ten");
        let kept = kept_transaction(&unlucky).expect("it is kept all the same");
        assert_eq!(end_to_end_id(&kept), Some(unlucky));
    }

    fn api() -> PixApi {
        let key = rcgen::KeyPair::generate().expect("a key");
        let roots_pem = rcgen::CertificateParams::default().self_signed(&key).expect("a certificate").pem();
        PixApi::new(PixAccount {
            host: "pix.example.com".to_owned(),
            port: 443,
            server_name: "pix.example.com".to_owned(),
            base_path: String::new(),
            token_path: String::new(),
            client_id: "shop".to_owned(),
            client_secret: Zeroizing::default(),
            client_pem: Zeroizing::default(),
            roots_pem,
            key: "k".to_owned(),
            merchant_name: "Padaria".to_owned(),
            merchant_city: "Recife".to_owned(),
            connect: Duration::from_secs(1),
            answer: Duration::from_secs(1),
        })
        .expect("settings")
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn every_number_comes_back(id in "E[0-9]{20}[a-zA-Z0-9]{11}") {
            let kept = kept_transaction(&id).expect("it is kept");
            prop_assert_eq!(end_to_end_id(&kept), Some(id));
        }

        #[test]
        fn only_what_says_paid_is_paid(
            status in prop::sample::select(vec!["ATIVA", "CONCLUIDA", "REMOVIDA_PELO_PSP", "EXPIRADA", ""]),
            paid in prop::collection::vec((prop::sample::select(vec!["12.50", "0.00", "-1", "1e3", "x"]), any::<bool>()), 0..3),
            bytes in prop::collection::vec(any::<u8>(), 0..120),
        ) {
            thread_local!(static API: PixApi = api());
            let number = "0198aaaaaaaaaaaaaaaaaaaaaaaaaaaa";
            let pix: Vec<_> = paid
                .iter()
                .map(|(valor, ours)| {
                    let txid = if *ours { number } else { "another" };
                    serde_json::json!({ "endToEndId": "E12345678202611281011abcdefghijk", "txid": txid, "valor": valor })
                })
                .collect();
            let cob = serde_json::json!({ "txid": number, "status": status, "valor": { "original": "12.50" }, "pix": pix });
            let state = API.with(|api| api.state(number, cob.to_string().as_bytes(), "a test"));
            match state {
                Ok((ChargeState::Paid(_), _)) => {
                    prop_assert_eq!(paid, vec![("12.50", true)]);
                }
                Ok((ChargeState::Gone, _)) => prop_assert!(paid.is_empty() && status == "REMOVIDA_PELO_PSP"),
                Ok((ChargeState::Open { .. }, _)) => prop_assert!(paid.is_empty() && status == "ATIVA"),
                Ok((ChargeState::Unknown, _)) => prop_assert!(false, "it is known"),
                Err(_) => {}
            }
            API.with(|api| {
                let _ = api.state(number, &bytes, "a test");
                let _ = api.back(number, &bytes, "a test");
            });
        }
    }
}
