//! Section 10: an amount is split by weights and nothing is lost.

use crate::number::{Exact, Minor, round_down, whole, zero};

/// The parts of `amount`, one for each weight.
pub fn split(amount: Minor, weights: &[Exact]) -> Vec<Minor> {
    let sum: Exact = weights.iter().sum();
    if sum == zero() {
        let mut parts = vec![0; weights.len()];
        if let Some(first) = parts.first_mut() {
            *first = amount;
        }
        return parts;
    }
    let shares: Vec<Exact> = weights.iter().map(|weight| whole(amount) * weight / &sum).collect();
    let mut parts: Vec<Minor> = shares.iter().map(round_down).collect();
    let mut left = amount - parts.iter().sum::<Minor>();
    // A stable sort by the remainder, largest first, leaves the earlier first among equals.
    let mut turn: Vec<usize> = (0..weights.len()).collect();
    turn.sort_by_key(|&at| std::cmp::Reverse(shares[at].fract()));
    for at in turn {
        if left == 0 {
            break;
        }
        parts[at] += 1;
        left -= 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_remainders_take_what_is_left_and_the_earlier_first() {
        let parts = |amount, weights: &[i128]| {
            split(amount, &weights.iter().map(|weight| whole(*weight)).collect::<Vec<_>>())
        };
        assert_eq!(parts(100, &[1, 1, 1]), [34, 33, 33]);
        assert_eq!(parts(5, &[3, 3, 4]), [2, 1, 2], "1.5, 1.5, 2: the earlier half is first");
        assert_eq!(parts(1, &[1, 2, 2]), [0, 1, 0]);
        assert_eq!(parts(7, &[0, 0]), [7, 0]);
        assert_eq!(parts(0, &[2, 3]), [0, 0]);
    }
}
