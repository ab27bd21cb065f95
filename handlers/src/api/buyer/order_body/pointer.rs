//! A JSON pointer (RFC 6901) into a body, as far as it may be told. A name that the caller made up may be anything, so
//! the pointer ends before one that is no plain word.

use std::fmt;

/// The most places that are told of one body, for one thing that is wrong with it.
pub(in crate::api) const MOST_POINTERS: usize = 20;

/// Where in a body, from its root.
#[derive(Debug, Default)]
pub(in crate::api) struct Pointer(Vec<Token>);

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Index(usize),
    Name(String),
    /// A name that is not told.
    Hidden,
}

/// The members of an order that are objects.
const OBJECTS: [&str; 4] = ["expected_total", "shipping_address", "billing_address", "payment"];

impl Pointer {
    pub(in crate::api) fn enter_index(&mut self, index: usize) {
        self.0.push(Token::Index(index));
    }

    pub(in crate::api) fn enter_name(&mut self, name: &str) {
        let plain = |b: u8| b.is_ascii_alphabetic() || matches!(b, b'_' | b'1' | b'2');
        let told = name.len() <= 40 && name.bytes().all(plain);
        self.0.push(if told { Token::Name(name.to_owned()) } else { Token::Hidden });
    }

    pub(in crate::api) fn leave(&mut self) {
        self.0.pop();
    }

    /// Whether all of it is told.
    pub(in crate::api) fn is_told(&self) -> bool {
        !self.0.contains(&Token::Hidden)
    }

    /// Whether an order has an object there.
    pub(in crate::api) fn is_object(&self) -> bool {
        match self.0.as_slice() {
            [] => true,
            [Token::Name(name)] => OBJECTS.contains(&name.as_str()),
            [Token::Name(lines), Token::Index(_)] => lines == "lines",
            _ => false,
        }
    }

    /// Whether it names the SKU of a line.
    pub(in crate::api) fn is_sku(&self) -> bool {
        match self.0.as_slice() {
            [Token::Name(lines), Token::Index(_), Token::Name(sku)] => lines == "lines" && sku == "sku",
            _ => false,
        }
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.0 {
            match step {
                Token::Index(index) => write!(f, "/{index}")?,
                Token::Name(name) => write!(f, "/{name}")?,
                Token::Hidden => break,
            }
        }
        Ok(())
    }
}

impl From<&serde_path_to_error::Path> for Pointer {
    fn from(path: &serde_path_to_error::Path) -> Self {
        use serde_path_to_error::Segment;
        let mut pointer = Self::default();
        for segment in path.iter() {
            match segment {
                Segment::Seq { index } => pointer.enter_index(*index),
                Segment::Map { key } | Segment::Enum { variant: key } => pointer.enter_name(key),
                Segment::Unknown => pointer.0.push(Token::Hidden),
            }
        }
        pointer
    }
}

impl From<&serde_ignored::Path<'_>> for Pointer {
    fn from(path: &serde_ignored::Path<'_>) -> Self {
        use serde_ignored::Path;
        match path {
            Path::Root => Self::default(),
            Path::Seq { parent, index } => {
                let mut pointer = Self::from(*parent);
                pointer.enter_index(*index);
                pointer
            }
            Path::Map { parent, key } => {
                let mut pointer = Self::from(*parent);
                pointer.enter_name(key);
                pointer
            }
            Path::Some { parent } | Path::NewtypeStruct { parent } | Path::NewtypeVariant { parent } => {
                Self::from(*parent)
            }
        }
    }
}
