//! From an accepted order to the end of its checkout: its stock, its money, what the buyer or the clock calls off.

pub mod abandon_payment;
pub mod authorize_payment;
pub mod cancel_order;
mod carry_out;
pub mod confirm_order;
pub mod expire_reservations;
mod payment_answers;
pub mod reject_order;
pub mod reserve_orders;
pub mod resolve_payment;
pub mod void_payments;
