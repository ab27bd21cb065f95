//! Resolves the escapes of other notations, in which a card number may come from a form, a page or a log: what is written
//! so reads as digits and spaces once it is shown.

/// The most characters of an entity's name, or of a number in braces.
const LONGEST_ENTITY: usize = 10;

/// The text without its escapes of HTML, URLs and JavaScript; none if it has none.
pub(super) fn resolved(text: &str) -> Option<String> {
    without(text, &['&', '%', '\\'])
}

/// The text without those of quoted-printable, whose sign stands before plain digits as well.
pub(super) fn unquoted(text: &str) -> Option<String> {
    without(text, &['='])
}

fn without(text: &str, signs: &[char]) -> Option<String> {
    if !text.contains(signs) {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut found = false;
    let mut rest = text;
    while let Some(at) = rest.find(signs) {
        let (plain, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(plain);
        let taken = match from.chars().next() {
            Some('&') => entity(from, &mut out),
            Some('\\') => backslash(from, &mut out),
            Some(sign) => octets(from, sign, &mut out),
            None => None,
        };
        found |= taken.is_some();
        rest = match taken {
            Some(taken) => from.get(taken..).unwrap_or_default(),
            None => {
                out.extend(from.chars().next());
                from.get(1..).unwrap_or_default()
            }
        };
    }
    out.push_str(rest);
    found.then_some(out)
}

/// `&#160;`, `&#xA0;`, or by name: those with names are no digits, so which it is does not matter but for `&amp;`.
fn entity(from: &str, out: &mut String) -> Option<usize> {
    if let Some(number) = from.strip_prefix("&#") {
        return numbered(number, out).map(|taken| "&#".len() + taken);
    }
    let end = from.bytes().take(LONGEST_ENTITY + 2).position(|byte| byte == b';')?;
    let name = from.get(1..end)?;
    out.push(match name {
        "amp" => '&',
        _ if name.len() > 1 && name.bytes().all(|byte| byte.is_ascii_alphanumeric()) => ' ',
        _ => return None,
    });
    Some(end + 1)
}

/// A page shows the character whether the semicolon is there or not.
fn numbered(number: &str, out: &mut String) -> Option<usize> {
    let (radix, opening) = if number.starts_with(['x', 'X']) { (16, 1) } else { (10, 0) };
    let digits = number.get(opening..)?;
    let length = digits.bytes().take_while(|byte| char::from(*byte).is_digit(radix)).count();
    out.push(char::from_u32(u32::from_str_radix(digits.get(..length)?, radix).ok()?)?);
    Some(opening + length + usize::from(digits.get(length..)?.starts_with(';')))
}

/// `%C2%A0` or `=C2=A0`: the bytes of UTF-8.
fn octets(from: &str, sign: char, out: &mut String) -> Option<usize> {
    let mut bytes = Vec::new();
    let mut rest = from;
    while let Some(byte) = rest.strip_prefix(sign).and_then(|rest| hex(rest, 2)) {
        bytes.push(u8::try_from(byte).ok()?);
        rest = rest.get(3..).unwrap_or_default();
    }
    out.push_str(&String::from_utf8_lossy(&bytes));
    (!bytes.is_empty()).then_some(bytes.len() * 3)
}

/// `\u00a0`, `\u{a0}`, `\xa0`, `\n` and their like.
fn backslash(from: &str, out: &mut String) -> Option<usize> {
    let escaped = from.get(1..)?;
    if let Some(braced) = escaped.strip_prefix("u{") {
        let end = braced.bytes().take(LONGEST_ENTITY).position(|byte| byte == b'}')?;
        out.push(char::from_u32(u32::from_str_radix(braced.get(..end)?, 16).ok()?)?);
        return Some("\\u{}".len() + end);
    }
    match escaped.chars().next()? {
        'u' => utf_16(from, out),
        'x' => {
            out.push(char::from_u32(hex(escaped.get(1..)?, 2)?)?);
            Some("\\xa0".len())
        }
        'n' | 'r' | 't' | 'f' | 'v' => {
            out.push(' ');
            Some("\\n".len())
        }
        c @ ('\\' | '"' | '/') => {
            out.push(c);
            Some("\\\\".len())
        }
        _ => None,
    }
}

/// As many `\u00a0` as follow each other: what lies beyond 16 bits takes two.
fn utf_16(from: &str, out: &mut String) -> Option<usize> {
    let mut units = Vec::new();
    let mut rest = from;
    while let Some(unit) = rest.strip_prefix("\\u").and_then(|rest| hex(rest, 4)) {
        units.push(u16::try_from(unit).ok()?);
        rest = rest.get("\\u00a0".len()..).unwrap_or_default();
    }
    out.push_str(&String::from_utf16_lossy(&units));
    (!units.is_empty()).then_some(units.len() * "\\u00a0".len())
}

fn hex(text: &str, digits: usize) -> Option<u32> {
    let digits = text.get(..digits).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u32::from_str_radix(digits, 16).ok()
}
