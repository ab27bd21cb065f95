//! What stands for a body that is too large for a message or a table's item, on AWS: the body lies in a bucket.

use serde::{Deserialize, Serialize};

/// Where a body lies. It has this member alone, for ever: what has another one besides is a body that only mentions one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PayloadReference {
    /// Its path in the bucket. No body of ours has a member of that name.
    #[serde(rename = "$payload")]
    pub path: String,
}
