//! The one folding of texts for search: what is looked for and what is looked through are both spelt by it, so that no
//! setting of a database decides whether Müller is found.
//!
//! Case, accents and width go (NFKD, marks of the alphabets dropped, case folded, letters with a stroke plain); so do
//! characters that nobody sees. Marks that make another letter stay: Indic and Thai vowels, the voicing of kana.

use schemas::sku::is_invisible;
use unicode_normalization::{
    UnicodeNormalization,
    char::{canonical_combining_class, is_combining_mark},
};
use unicode_script::{Script, UnicodeScript};

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
    let folded = folded(text);
    words(&folded).collect::<Vec<_>>().join(" ")
}

/// The pieces of a text, in their order.
pub fn pieces(text: &str) -> Vec<Piece> {
    let folded = folded(text);
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

fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    let kept = text.nfkd().filter(|c| !is_dropped(*c));
    // Up and down again is what folds ß, ı, ſ and the final sigma too.
    for c in kept.flat_map(char::to_uppercase).flat_map(char::to_lowercase) {
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
