//! The Brazilian profile: a BR Code that leads to one charge of Pix (Banco Central do Brasil, Manual do BR Code).
//!
//! Such a code holds no amount: the payer's bank fetches amount, receiver and expiry from the address in it, signed by the
//! provider. The charge's own number has no room in a code and stands there as `***`.

use super::emv::{self, CodeError, Object, Value};

const PIX: &str = "br.gov.bcb.pix";
/// What stands where a static code has its number.
const NO_NUMBER: &str = "***";
/// The most characters of the receiver's name and town, by EMVCo.
const NAME_CHARS_MAX: usize = 25;
const CITY_CHARS_MAX: usize = 15;
/// The most characters of an address, by the manual.
const URL_CHARS_MAX: usize = 77;

const ACCOUNT: u8 = 26;
const CATEGORY: u8 = 52;
const CURRENCY: u8 = 53;
const COUNTRY: u8 = 58;
const NAME: u8 = 59;
const CITY: u8 = 60;
const ADDITIONAL: u8 = 62;
const GLOBAL_ID: u8 = 0;
const URL: u8 = 25;
const REFERENCE: u8 = 5;

/// A code that leads to a charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrCode {
    url: String,
    name: String,
    city: String,
}

impl BrCode {
    /// `url` is the charge's address without `https://`; `name` and `city` are the receiver's, written without accents and
    /// cut to what a code takes.
    ///
    /// # Errors
    /// [`CodeError`] when nothing is left of one of them, or the address is too long.
    pub fn new(url: &str, name: &str, city: &str) -> Result<BrCode, CodeError> {
        let url = url.strip_prefix("https://").unwrap_or(url);
        if url.is_empty() || url.len() > URL_CHARS_MAX || !url.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(CodeError::Value);
        }
        let (name, city) = (plain(name, NAME_CHARS_MAX), plain(city, CITY_CHARS_MAX));
        if name.is_empty() || city.is_empty() {
            return Err(CodeError::Value);
        }
        Ok(BrCode { url: url.to_owned(), name, city })
    }

    /// The charge's address without `https://`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What the picture of the code is made of.
    ///
    /// # Errors
    /// [`CodeError`] never, for what [`BrCode::new`] let through.
    pub fn text(&self) -> Result<String, CodeError> {
        emv::encode(&[
            Object {
                id: ACCOUNT,
                value: Value::Template(vec![(GLOBAL_ID, PIX.to_owned()), (URL, self.url.clone())]),
            },
            Object::text(CATEGORY, "0000"),
            Object::text(CURRENCY, "986"),
            Object::text(COUNTRY, "BR"),
            Object::text(NAME, self.name.clone()),
            Object::text(CITY, self.city.clone()),
            Object { id: ADDITIONAL, value: Value::Template(vec![(REFERENCE, NO_NUMBER.to_owned())]) },
        ])
    }

    /// Reads a code that leads to a charge of Pix. None for every other code.
    #[must_use]
    pub fn read(text: &str) -> Option<BrCode> {
        let objects = emv::decode(text).ok()?;
        let value = |id| objects.iter().find(|object| object.id == id).map(|object| &object.value);
        let text = |id| match value(id)? {
            Value::Text(text) => Some(text.as_str()),
            Value::Template(_) => None,
        };
        let inner = |id, name| match value(id)? {
            Value::Template(inner) => inner.iter().find(|(id, _)| *id == name).map(|(_, text)| text.as_str()),
            Value::Text(_) => None,
        };
        let is_pix = inner(ACCOUNT, GLOBAL_ID).is_some_and(|id| id.eq_ignore_ascii_case(PIX))
            && text(CURRENCY) == Some("986")
            && text(COUNTRY) == Some("BR");
        if !is_pix {
            return None;
        }
        BrCode::new(inner(ACCOUNT, URL)?, text(NAME)?, text(CITY)?).ok()
    }
}

/// Letters without their accents, digits and blanks, cut to a length.
fn plain(text: &str, chars_max: usize) -> String {
    let plain = text.chars().filter_map(|c| match c {
        'á' | 'à' | 'â' | 'ã' | 'ä' => Some('a'),
        'é' | 'è' | 'ê' | 'ë' => Some('e'),
        'í' | 'ì' | 'î' | 'ï' => Some('i'),
        'ó' | 'ò' | 'ô' | 'õ' | 'ö' => Some('o'),
        'ú' | 'ù' | 'û' | 'ü' => Some('u'),
        'ç' => Some('c'),
        'Á' | 'À' | 'Â' | 'Ã' | 'Ä' => Some('A'),
        'É' | 'È' | 'Ê' | 'Ë' => Some('E'),
        'Í' | 'Ì' | 'Î' | 'Ï' => Some('I'),
        'Ó' | 'Ò' | 'Ô' | 'Õ' | 'Ö' => Some('O'),
        'Ú' | 'Ù' | 'Û' | 'Ü' => Some('U'),
        'Ç' => Some('C'),
        c if c.is_ascii_graphic() || c == ' ' => Some(c),
        _ => None,
    });
    let cut: String = plain.skip_while(|c| *c == ' ').take(chars_max).collect();
    cut.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_code_leads_to_its_charge() {
        let code = BrCode::new("https://pix.example.com/qr/v2/9d36b84f", "Padaria São João", "São Paulo")
            .expect("a code");
        let text = code.text().expect("it is written");
        assert_eq!(
            text,
            "00020126520014br.gov.bcb.pix2530pix.example.com/qr/v2/9d36b84f\
             5204000053039865802BR5916Padaria Sao Joao6009Sao Paulo62070503***6304A6CD"
        );
        assert_eq!(BrCode::read(&text), Some(code));
    }

    #[test]
    fn a_code_of_something_else_is_no_charge() {
        let manual = "00020126580014br.gov.bcb.pix0136123e4567-e12b-12d1-a456-426655440000\
                      5204000053039865802BR5913Fulano de Tal6008BRASILIA62070503***63041D3D";
        assert_eq!(BrCode::read(manual), None);
        assert_eq!(BrCode::read("https://example.com"), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn every_code_is_read_again(url in "[!-~]{1,77}", name in ".{0,40}", city in ".{0,30}", any in ".{0,80}") {
            if let Ok(code) = BrCode::new(&url, &name, &city) {
                let text = code.text().expect("what was let through is written");
                prop_assert_eq!(BrCode::read(&text), Some(code));
            }
            prop_assert_eq!(BrCode::read(&any), None);
        }
    }
}
