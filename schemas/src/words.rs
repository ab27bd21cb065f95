//! Sets of words that the contract fixes, such as the statuses of an order and the names of events.

/// A set of words that the contract fixes: the enum, its wire form and the way back are said once.
macro_rules! words {
    ($(#[doc = $doc:literal])* $name:ident {
        $($(#[doc = $variant_doc:literal])* $variant:ident = $word:literal,)+
    }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $($(#[doc = $variant_doc])* #[serde(rename = $word)] $variant,)+ }

        // Not derived: the derive does not see that the words are other than the variants' names.
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                let words = concat!($("\n- `", $word, "`:", $($variant_doc,)*)+);
                utoipa::openapi::schema::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .enum_values(Some([$($word,)+]))
                    .description(Some(format!("{}\n{words}", concat!($($doc,)*).trim())))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The word that stands for it in JSON and in the database.
            pub fn as_str(&self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text { $($word => Ok(Self::$variant),)+ _ => Err(UnknownWord) }
            }
        }
    };
}
pub(crate) use words;

/// The text is none of the words of its kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not one of the known words")]
pub struct UnknownWord;
