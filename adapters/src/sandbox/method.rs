//! What the sandbox does with a payment method.

/// The code for a token that nobody issued.
const UNKNOWN: &str = "resource_missing";

/// A token's behaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behaviour {
    /// Holds the money (`None`), or refuses with a code.
    Decides(Option<&'static str>),
    /// Fails twice with a server error, then holds the money.
    FailsTwice,
    /// Holds the money, slowly.
    Slow,
    /// Holds the money and never answers.
    ChargesSilently,
    /// Does nothing and never answers.
    LosesRequests,
}

impl Behaviour {
    /// By the token: Stripe's test payment methods (<https://docs.stripe.com/testing>) and the sandbox's own. A token that
    /// nobody issued is refused as Stripe refuses it.
    pub(super) fn of(method: &str) -> Self {
        match method {
            "pm_card_visa" | "pm_card_mastercard" | "pm_card_amex" => Self::Decides(None),
            "pm_card_chargeDeclined" => Self::Decides(Some("card_declined")),
            "pm_card_chargeDeclinedInsufficientFunds" => Self::Decides(Some("insufficient_funds")),
            "pm_card_chargeDeclinedExpiredCard" => Self::Decides(Some("expired_card")),
            "pm_sandbox_slow" => Self::Slow,
            "pm_sandbox_flaky" => Self::FailsTwice,
            "pm_sandbox_timeout_charged" => Self::ChargesSilently,
            "pm_sandbox_timeout_lost" => Self::LosesRequests,
            _ => Self::Decides(Some(UNKNOWN)),
        }
    }

    /// What becomes of a token where real goods are shipped: money that nobody has is not taken for money. The code is the
    /// one that Stripe has for it.
    pub(super) fn where_money_is_real(self) -> Self {
        match self {
            Self::Decides(Some(UNKNOWN)) => self,
            Self::Decides(_) | Self::FailsTwice | Self::Slow | Self::ChargesSilently | Self::LosesRequests => {
                Self::Decides(Some("livemode_mismatch"))
            }
        }
    }

    /// The refusal that it ends with, if any.
    pub(super) fn refusal(self) -> Option<&'static str> {
        match self {
            Self::Decides(code) => code,
            Self::FailsTwice | Self::Slow | Self::ChargesSilently | Self::LosesRequests => None,
        }
    }
}
