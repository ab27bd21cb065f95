//! The one folding of texts for search: what is looked for and what is looked through are both spelt by it, so that no
//! setting of a database decides whether Müller is found.
//!
//! Case, accents and width go (NFKD, marks of the alphabets dropped, case folded, letters with a stroke plain); so do
//! characters that nobody sees, and what tells the letters of Arabic from those of Persian and Urdu. Digits become those of
//! ASCII. Marks that make another letter stay: Indic and Thai vowels, the voicing of kana.
//!
//! What people spell in several ways is kept, and looked for, in each of them: Müller and Mueller, O'Brien and OBrien.

pub(super) mod grams;
pub(super) mod trigrams;

use schemas::{card_number::digit, text::is_invisible};
use unicode_normalization::{
    UnicodeNormalization,
    char::{canonical_combining_class, is_combining_mark},
};
use unicode_script::{Script, UnicodeScript};

/// The version of the folding, which is kept with whatever was made by it. To be raised when a text becomes other pieces than
/// before, with a migration that has the partial indexes `order_search_to_be_folded` and `products_to_be_folded` take in what is
/// older; and `Version::Before` is to fold as the version did that is then the last. So what was kept is folded anew in
/// chunks, and found meanwhile as it was.
pub const VERSION: i32 = 2;

/// By which rules a text is folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    /// [`VERSION`].
    Current,
    /// The one before it: digits and letters of Arabic as they were written.
    Before,
}

/// A piece of a text, folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// A word of a script that puts spaces between words.
    Word(String),
    /// A run of a script that puts none: where a word begins in it, only a dictionary could tell.
    Run(Vec<char>),
}

/// The folded words of a text, with one space between: equal for texts that search holds to be the same.
pub fn spaced(text: &str) -> String {
    let folded = folded(text, Version::Current);
    words(&folded).collect::<Vec<_>>().join(" ")
}

/// The pieces of a text, in their order.
pub fn pieces(text: &str) -> Vec<Piece> {
    pieces_by(text, Version::Current)
}

/// The pieces of a text in each of its spellings: with apostrophes between words and within one, with the dots of its
/// letters dropped and written out. Of most texts there is one, [`pieces`]; it is always the first.
pub fn spellings(text: &str) -> Vec<Vec<Piece>> {
    let (joined_up, written) = (joined(text), written_out(text));
    let both = written.as_deref().and_then(joined);
    let mut spellings = vec![pieces(text)];
    for other in [joined_up, written, both].into_iter().flatten() {
        add(&mut spellings, pieces(&other));
    }
    spellings
}

/// How the version before folded a text, if that is another spelling than all of today's. Not all that is kept may have been
/// folded anew, and an older release beside this one may write more of it at any moment: so it is looked for at each search,
/// or asked at each whether there is something to find. That none is left is never remembered.
pub fn spelling_before(text: &str) -> Option<Vec<Piece>> {
    if text.is_ascii() {
        return None;
    }
    Some(pieces_by(text, Version::Before)).filter(|before| !spellings(text).contains(before))
}

fn add(spellings: &mut Vec<Vec<Piece>>, other: Vec<Piece>) {
    if !spellings.contains(&other) {
        spellings.push(other);
    }
}

/// The text without its apostrophes, if it has any: one who writes O'Brien as a word leaves them out.
fn joined(text: &str) -> Option<String> {
    text.contains(is_apostrophe).then(|| text.chars().filter(|c| !is_apostrophe(*c)).collect())
}

/// What stands for an apostrophe: the typewriter's, those of printers, accents and primes in its place, letters of its shape.
fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '`' | '\u{b4}' | '\u{2b9}'..='\u{2c1}' | '\u{5f3}' | '\u{2018}'..='\u{201b}' | '\u{2032}' | '\u{ff07}')
}

/// The text as those spell it who have no dots and rings: Mueller, Aarhus, Soerensen. None if it has none of these letters.
fn written_out(text: &str) -> Option<String> {
    let may_have = |c: char| letters_of(c).is_some() || matches!(c, '\u{308}' | '\u{30a}');
    if !text.contains(may_have) {
        return None;
    }
    let mut written = String::with_capacity(text.len() + 4);
    for c in text.nfc() {
        match letters_of(c) {
            Some(letters) => written.push_str(letters),
            None => written.push(c),
        }
    }
    Some(written)
}

fn letters_of(c: char) -> Option<&'static str> {
    Some(match c {
        'ä' | 'Ä' => "ae",
        'ö' | 'Ö' | 'ø' | 'Ø' => "oe",
        'ü' | 'Ü' => "ue",
        'å' | 'Å' => "aa",
        _ => return None,
    })
}

fn pieces_by(text: &str, version: Version) -> Vec<Piece> {
    let folded = folded(text, version);
    let mut pieces = Vec::new();
    for word in words(&folded) {
        if word.is_ascii() {
            pieces.push(Piece::Word(word.to_owned()));
            continue;
        }
        let mut last_is_run = None;
        for c in word.chars() {
            // A mark belongs to the letter before it.
            let is_run = if is_combining_mark(c) { last_is_run } else { None }.unwrap_or_else(|| has_no_spaces(c));
            match pieces.last_mut() {
                Some(Piece::Word(word)) if last_is_run == Some(false) && !is_run => word.push(c),
                Some(Piece::Run(run)) if last_is_run == Some(true) && is_run => run.push(c),
                Some(_) | None if is_run => pieces.push(Piece::Run(vec![c])),
                Some(_) | None => pieces.push(Piece::Word(c.to_string())),
            }
            last_is_run = Some(is_run);
        }
    }
    pieces
}

/// Runs of letters, digits and their marks.
fn words(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(|c: char| !c.is_alphanumeric() && !is_combining_mark(c)).filter(|word| !word.is_empty())
}

fn folded(text: &str, version: Version) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    let kept = text.nfkd().filter(|c| !is_dropped(*c));
    // Up and down again is what folds ß, ı, ſ and the final sigma too.
    for c in kept.flat_map(char::to_uppercase).flat_map(char::to_lowercase) {
        let c = match version {
            Version::Current => common(c),
            Version::Before => c,
        };
        match plain(c) {
            Some(letters) => folded.push_str(letters),
            None => folded.push(c),
        }
    }
    folded.nfc().collect()
}

/// Accents, points and strokes of the alphabets, by their combining class; the nukta, which many leave out; and what nobody
/// sees. Vowels that are marks, viramas and the voicing of kana have other classes.
fn is_dropped(c: char) -> bool {
    !c.is_ascii()
        && (matches!(canonical_combining_class(c), 1 | 7 | 10..=36 | 200..=240) || is_invisible(c) || c == '\u{640}')
}

/// The digit or letter that stands for all that mean the same: one name is written by the keyboard of Cairo, of Tehran or of
/// Lahore. NFKD has taken the hamza and the madda off already.
fn common(c: char) -> char {
    match c {
        // Alef wasla.
        '\u{671}' => '\u{627}',
        // Alef maqsura, the Farsi and the Urdu yeh.
        '\u{649}' | '\u{6cc}' | '\u{6d2}' => '\u{64a}',
        // The kehehs.
        '\u{6a9}' | '\u{6aa}' => '\u{643}',
        // Teh marbuta, and the forms that heh has in Persian, Urdu and Kurdish.
        '\u{629}' | '\u{6be}' | '\u{6c1}' | '\u{6c3}' | '\u{6d5}' => '\u{647}',
        _ => digit(c).and_then(|value| char::from_digit(value.into(), 10)).unwrap_or(c),
    }
}

/// Letters that Unicode does not take apart, as those spell them who have not got them; and letters that are written for
/// apostrophes, which part words as those do.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        'ð' | 'đ' | 'ɖ' | 'ɗ' => "d",
        'ø' => "o",
        'ł' => "l",
        'ħ' => "h",
        'ŧ' => "t",
        'ŋ' => "n",
        'ɓ' | 'ƀ' => "b",
        'ƙ' => "k",
        'ƴ' => "y",
        'ɨ' => "i",
        '\u{2b9}'..='\u{2c1}' => " ",
        _ => return None,
    })
}

/// Whether a letter's script puts no spaces between words. Hangul does, but leaves them out within names and compounds.
fn has_no_spaces(c: char) -> bool {
    let is_of_such_a_script = matches!(
        c.script(),
        Script::Han
            | Script::Hiragana
            | Script::Katakana
            | Script::Bopomofo
            | Script::Hangul
            | Script::Thai
            | Script::Lao
            | Script::Khmer
            | Script::Myanmar
    );
    // The sign for a long vowel belongs to both kana.
    is_of_such_a_script || c == 'ー'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_same_to_a_reader_folds_to_the_same() {
        for (one, other) in [
            ("Müller", "Mu\u{308}ller"),
            ("Müller", "MULLER"),
            ("Mül\u{200b}ler", "muller"),
            ("Sinéad", "Sinead"),
            ("Crème brûlée", "creme brulee"),
            ("Phở bò", "pho bo"),
            ("Łódź", "lodz"),
            ("Straße", "STRASSE"),
            ("ẞ", "ss"),
            ("İpek Işık", "ipek isik"),
            ("Đặng", "dang"),
            ("Smørrebrød", "smorrebrod"),
            ("Ærø Þór", "aero thor"),
            ("ΟΔΥΣΣΕΥΣ", "οδυσσεύς"),
            ("Чёрный чай", "черныи чаи"),
            ("ＡＢＣ１２", "abc12"),
            ("ﾗﾃ", "ラテ"),
            ("\u{1112}\u{1161}\u{11ab}", "한"),
            ("ﬁn", "fin"),
            ("مُحَمَّد", "محمد"),
            ("فـــاطمة", "فاطمة"),
            ("שָׁלוֹם", "שלום"),
            ("O\u{2019}Brien", "O'Brien"),
            ("Hawai\u{2bb}i", "Hawai'i"),
            ("soft\u{ad}ware", "software"),
            ("ज़रा", "जरा"),
            ("علی", "علي"),
            ("موسى", "موسی"),
            ("کریم", "كريم"),
            ("فاطمة", "فاطمه"),
            ("أحمد", "احمد"),
            ("إبراهيم آدم ٱلله", "ابراهيم ادم الله"),
            ("خانۀ", "خانه"),
            ("١٢٣٤٥٦٧٨٩٠", "1234567890"),
            ("۱۲۳۴۵۶۷۸۹۰", "1234567890"),
            ("शर्मा १२", "शर्मा 12"),
        ] {
            assert_eq!(spaced(one), spaced(other), "{one} {other}");
        }
    }

    #[test]
    fn marks_that_make_another_letter_stay() {
        for (one, other) in [("हिन्दी", "हनद"), ("が", "か"), ("パン", "ハン"), ("กา", "กี")]
        {
            assert_ne!(spaced(one), spaced(other));
        }
        assert_eq!(spaced("हिन्दी शर्मा").split(' ').count(), 2, "a virama parts no word");
    }

    #[test]
    fn what_is_spelt_in_several_ways_has_a_spelling_for_each() {
        let spelt = |text: &str| -> Vec<String> {
            let line = |pieces: &Vec<Piece>| {
                let words = pieces.iter().map(|piece| match piece {
                    Piece::Word(word) => word.clone(),
                    Piece::Run(run) => run.iter().collect(),
                });
                words.collect::<Vec<_>>().join(" ")
            };
            spellings(text).iter().map(line).collect()
        };
        for (text, spellings) in [
            ("Mueller", &["mueller"][..]),
            ("Müller", &["muller", "mueller"]),
            ("Mu\u{308}ller", &["muller", "mueller"]),
            ("ÅRHUS", &["arhus", "aarhus"]),
            ("Sørensen", &["sorensen", "soerensen"]),
            ("Zoë", &["zoe"]),
            ("O'Brien", &["o brien", "obrien"]),
            ("O\u{2019}Brien", &["o brien", "obrien"]),
            ("L'Été d'Übung", &["l ete d ubung", "lete dubung", "l ete d uebung", "lete duebung"]),
            ("dogs'", &["dogs"]),
            ("'", &[""]),
            ("山田", &["山田"]),
        ] {
            assert_eq!(spelt(text), spellings, "{text}");
        }
    }

    #[test]
    fn what_the_version_before_folded_is_known_where_it_is_another_spelling() {
        let word = |text: &str| Some(vec![Piece::Word(text.to_owned())]);
        assert_eq!(spelling_before("علی"), word("علی"));
        assert_eq!(spelling_before("۱۲"), word("۱۲"));
        for text in ["Zoë", "Müller", "zoe", "山田", "علي"] {
            assert_eq!(spelling_before(text), None, "{text}");
        }
    }

    #[test]
    fn scripts_without_spaces_come_in_runs() {
        let run = |text: &str| Piece::Run(text.chars().collect());
        let word = |text: &str| Piece::Word(text.to_owned());
        assert_eq!(pieces("宇治抹茶ラテ 500g"), [run("宇治抹茶ラテ"), word("500g")]);
        assert_eq!(pieces("제주유기농녹차"), [run("제주유기농녹차")]);
        assert_eq!(pieces("USBケーブル2m"), [word("usb"), run("ケーブル"), word("2m")]);
        assert_eq!(pieces("Größe 38, RED-CUP"), [word("grosse"), word("38"), word("red"), word("cup")]);
        assert_eq!(pieces("สมชาย ใจดี"), [run("สมชาย"), run("ใจดี")]);
        assert_eq!(pieces(" -!? "), []);
    }
}
