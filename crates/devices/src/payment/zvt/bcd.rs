//! Numbers as packed decimal digits, two a byte.

/// The digits of the number, filled up with zeros in front. `None` when it has more digits than fit.
#[must_use]
pub fn encode<const BYTES: usize>(mut number: u64) -> Option<[u8; BYTES]> {
    let mut bytes = [0; BYTES];
    for byte in bytes.iter_mut().rev() {
        let pair = u8::try_from(number % 100).expect("below a hundred");
        *byte = (pair / 10) << 4 | (pair % 10);
        number /= 100;
    }
    (number == 0).then_some(bytes)
}

/// The number that the digits say. `None` when a half byte is no digit or there are more than 18 digits.
#[must_use]
pub fn decode(bytes: &[u8]) -> Option<u64> {
    if bytes.len() > 9 {
        return None;
    }
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 0x0F])
        .try_fold(0_u64, |number, digit| (digit <= 9).then_some(number * 10 + u64::from(digit)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn digits_are_packed_from_the_left() {
        assert_eq!(encode::<6>(2_040), Some([0, 0, 0, 0, 0x20, 0x40]));
        assert_eq!(encode::<2>(978), Some([0x09, 0x78]));
        assert_eq!(encode::<2>(10_000), None);
        assert_eq!(decode(&[0x09, 0x7A]), None);
        assert_eq!(decode(&[0; 10]), None);
        assert_eq!(decode(&[]), Some(0));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(number in 0u64..1_000_000_000_000) {
            prop_assert_eq!(decode(&encode::<6>(number).expect("twelve digits")), Some(number));
        }
    }
}
