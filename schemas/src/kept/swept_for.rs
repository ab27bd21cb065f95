//! What a row of table `sweeps` was set going for.

use crate::words::{UnknownWord, words};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

words! {
    /// What an order waited for, with nobody at work on it.
    SweptFor {
        /// Its workflow.
        Unattended = "unattended",
        /// Its cancellation.
        CancelForgotten = "cancel_forgotten",
        /// Its invoice.
        Uninvoiced = "uninvoiced",
        /// Its money to be let go.
        Unvoided = "unvoided",
        /// Search to be told of its end.
        Untold = "untold",
        /// Its document to be printed again, which is asked for apart from the sweep.
        Unmended = "unmended",
    }
}
