//! Cuts an expression into tokens. Characters that open syntax we do not run become errors here or, where JSONata gives
//! them two meanings, in the parser.

use serde_json::Number;

use super::SyntaxError;

/// One token and where it begins, in bytes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) at: usize,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// A bare word: a field, or `and`, `or`, `in`, `true`, `false`, `null`.
    Name(String),
    /// A field in backticks: never a keyword.
    Quoted(String),
    Text(String),
    Number(Number),
    /// `$name`; the empty name is `$`, the context.
    Variable(String),
    Op(&'static str),
}

/// Longer operators first, so that `<=` is not read as `<`.
const OPERATORS: [&str; 34] = [
    "?:", "??", "~>", ":=", "..", "!=", "<=", ">=", "**", ".", "[", "]", "{", "}", "(", ")", ",", ";", ":", "?", "+",
    "-", "*", "/", "%", "|", "=", "<", ">", "^", "&", "@", "#", "!",
];

/// All tokens of an expression, without blanks and comments.
///
/// # Errors
/// An unclosed string or comment, a bad escape or number, a character of no token.
pub(super) fn tokens(source: &str) -> Result<Vec<Token>, SyntaxError> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = source.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = source.get(at..).unwrap_or_default();
        let (kind, length) = match c {
            ' ' | '\t' | '\n' | '\r' | '\u{b}' => {
                at += 1;
                continue;
            }
            '/' if rest.starts_with("/*") => {
                let inner = rest.get(2..).unwrap_or_default();
                let end = inner.find("*/").ok_or_else(|| SyntaxError::new(at, "a comment without its end"))?;
                at += end + 4;
                continue;
            }
            '"' | '\'' => text(rest, at)?,
            '`' => {
                let inner = rest.get(1..).unwrap_or_default();
                let end = inner.find('`').ok_or_else(|| SyntaxError::new(at, "a backtick without its pair"))?;
                (Kind::Quoted(inner.get(..end).unwrap_or_default().to_owned()), end + 2)
            }
            '0'..='9' => number(rest, at)?,
            '$' => {
                let name = word(rest.get(1..).unwrap_or_default());
                (Kind::Variable(name.to_owned()), name.len() + 1)
            }
            _ => operator_or_name(rest, at)?,
        };
        found.push(Token { kind, at });
        at += length;
    }
    Ok(found)
}

/// Letters, digits and `_`, as far as they go. JSONata takes more; we refuse what nobody writes.
fn word(rest: &str) -> &str {
    let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
    rest.get(..end).unwrap_or_default()
}

fn operator_or_name(rest: &str, at: usize) -> Result<(Kind, usize), SyntaxError> {
    if let Some(op) = OPERATORS.iter().find(|op| rest.starts_with(**op)) {
        return Ok((Kind::Op(op), op.len()));
    }
    let name = word(rest);
    if name.is_empty() {
        let c = rest.chars().next().unwrap_or(' ');
        return Err(SyntaxError::new(at, format!("{c:?} begins nothing known")));
    }
    Ok((Kind::Name(name.to_owned()), name.len()))
}

fn number(rest: &str, at: usize) -> Result<(Kind, usize), SyntaxError> {
    let digits = |from: usize| {
        let tail = rest.get(from..).unwrap_or_default();
        tail.len() - tail.trim_start_matches(|c: char| c.is_ascii_digit()).len()
    };
    let mut end = digits(0);
    // `1..3` is a range, not a number with a fraction.
    if rest.get(end..).is_some_and(|tail| tail.starts_with('.')) && digits(end + 1) > 0 {
        end += 1 + digits(end + 1);
    }
    let exponent = rest.get(end..).unwrap_or_default();
    if exponent.starts_with(['e', 'E']) {
        let sign = usize::from(exponent.get(1..).is_some_and(|tail| tail.starts_with(['+', '-'])));
        let power = digits(end + 1 + sign);
        if power > 0 {
            end += 1 + sign + power;
        }
    }
    let literal = rest.get(..end).unwrap_or_default();
    let number = serde_json::from_str(literal).map_err(|_| SyntaxError::new(at, format!("{literal} is no number")))?;
    Ok((Kind::Number(number), end))
}

fn text(rest: &str, at: usize) -> Result<(Kind, usize), SyntaxError> {
    let mut characters = rest.char_indices();
    let quote = characters.next().map(|(_, c)| c);
    let mut value = String::new();
    while let Some((offset, c)) = characters.next() {
        if Some(c) == quote {
            return Ok((Kind::Text(value), offset + 1));
        }
        if c != '\\' {
            value.push(c);
            continue;
        }
        let escaped = match characters.next().map(|(_, c)| c) {
            Some(c @ ('"' | '\\' | '/')) => Some(c),
            Some('b') => Some('\u{8}'),
            Some('f') => Some('\u{c}'),
            Some('n') => Some('\n'),
            Some('r') => Some('\r'),
            Some('t') => Some('\t'),
            Some('u') => {
                let digits: String = characters.by_ref().take(4).map(|(_, c)| c).collect();
                u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32)
            }
            Some(_) | None => None,
        };
        value.push(escaped.ok_or_else(|| SyntaxError::new(at + offset, "an escape that JSON does not have"))?);
    }
    Err(SyntaxError::new(at, "a string without its end"))
}
