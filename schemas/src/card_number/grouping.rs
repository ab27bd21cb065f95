//! In which groups people write a card number. Digits that belong to two numbers, such as two telephones or a sort code and
//! its account, hardly ever fall into groups like these.

use super::joint::is_quiet;

/// Whether a number of that length is written so: cut at these places, with these joints there, and `before` the joint
/// between it and what stands before.
pub(super) fn is_usual(length: usize, cuts: &[usize], joints: &[&str], before: &str) -> bool {
    let Some(first) = joints.first() else { return true };
    let equal = joints.iter().all(|joint| joint == first);
    let quiet = joints.iter().all(|joint| is_quiet(joint));
    // The same sign at every cut belongs to the number, be it a letter. At the only cut it may as well stand between two.
    if !(quiet || (equal && cuts.len() > 1)) {
        return false;
    }
    if is_printed(length, cuts) {
        return true;
    }
    // Telephone numbers are written in small groups too, of which a part says nothing.
    before != *first && (is_single(length, cuts) || equal && (is_regular(length, cuts) || is_finer(length, cuts)))
}

/// As cards bear them, with some of the gaps left out or not.
fn is_printed(length: usize, cuts: &[usize]) -> bool {
    match length {
        13 => matches!(cuts, [4] | [4, 8] | [4, 8, 12] | [4, 7, 10]),
        14 | 15 => matches!(cuts, [4] | [4, 10] | [4, 8, 12]),
        16 | 19 if matches!(cuts, [6] | [6, 12]) => true,
        _ => cuts.iter().all(|cut| cut.is_multiple_of(4)),
    }
}

/// Each digit apart.
fn is_single(length: usize, cuts: &[usize]) -> bool {
    cuts.len() + 1 == length
}

/// In groups of one size, the last of which is what is left.
fn is_regular(length: usize, cuts: &[usize]) -> bool {
    let Some(&size) = cuts.first() else { return true };
    let last = length - cuts.last().copied().unwrap_or_default();
    let most = if size < 3 { size } else { size + 1 };
    size <= 5 && last <= most && cuts.iter().zip(1..).all(|(cut, count)| *cut == size * count)
}

/// As cards bear them, with more gaps.
fn is_finer(length: usize, cuts: &[usize]) -> bool {
    let printed: &[usize] = if length < 16 { &[4, 10] } else { &[4, 8, 12] };
    printed.iter().all(|cut| cuts.contains(cut))
}
