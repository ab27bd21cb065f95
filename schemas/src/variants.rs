//! A list of all variants of an enum that does not compile once the enum has one more. Where an enum is made of its words, these
//! give the list ([`words`](crate::words)); this is for all others.

/// The variants of an enum, in the order in which they are named here. One that is left out is a pattern that is not covered.
/// Of a variant that carries something the list has the function that makes it.
#[macro_export]
macro_rules! every {
    ($name:ident: $($variant:ident),+ $(,)?) => {{
        match None::<$name> {
            None => {}
            $(Some($name::$variant { .. }))|+ => {}
        }
        [$($name::$variant),+]
    }};
}
