//! Entry points for inputs that no provider sends. See [`crate::fuzz`].

use std::sync::OnceLock;
use std::time::Duration;

use zeroize::Zeroizing;

use super::{PixAccount, PixApi};

const NUMBER: &str = "0198aaaaaaaaaaaaaaaaaaaaaaaaaaaa";

fn api() -> &'static PixApi {
    static API: OnceLock<PixApi> = OnceLock::new();
    API.get_or_init(|| {
        let key = rcgen::KeyPair::generate().expect("the system has randomness");
        let roots = rcgen::CertificateParams::default().self_signed(&key).expect("it is a plain certificate");
        PixApi::new(PixAccount {
            host: "pix.example.com".to_owned(),
            port: 443,
            server_name: "pix.example.com".to_owned(),
            base_path: String::new(),
            token_path: String::new(),
            client_id: "shop".to_owned(),
            client_secret: Zeroizing::default(),
            client_pem: Zeroizing::default(),
            roots_pem: roots.pem(),
            key: "k".to_owned(),
            merchant_name: "Padaria".to_owned(),
            merchant_city: "Recife".to_owned(),
            connect: Duration::from_secs(1),
            answer: Duration::from_secs(1),
        })
        .expect("these are settings")
    })
}

/// The body of an answer about a charge, and about money that goes back.
pub(crate) fn answer(bytes: &[u8]) {
    let _ = format!("{:?}", api().state(NUMBER, bytes, "a charge"));
    let _ = format!("{:?}", api().back(NUMBER, bytes, "money that goes back"));
}

pub(crate) fn answer_seeds() -> Vec<Vec<u8>> {
    [
        r#"{"calendario":{"criacao":"2026-11-28T10:11:00Z","expiracao":180},"txid":"0198aaaaaaaaaaaaaaaaaaaaaaaaaaaa","status":"ATIVA","valor":{"original":"12.50"},"location":"pix.example.com/qr/v2/0198aaaaaaaaaaaaaaaaaaaaaaaaaaaa"}"#,
        r#"{"txid":"0198aaaaaaaaaaaaaaaaaaaaaaaaaaaa","status":"CONCLUIDA","valor":{"original":"12.50"},"pix":[{"endToEndId":"E12345678202611281011abcdefghijk","txid":"0198aaaaaaaaaaaaaaaaaaaaaaaaaaaa","valor":"12.50"}]}"#,
        r#"{"id":"0198aaaaaaaaaaaaaaaaaaaaaaaaaaaa","rtrId":"D1","valor":"12.50","horario":{"solicitacao":"2026-11-28T10:12:00Z"},"status":"DEVOLVIDO"}"#,
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}
