//! What runs the workflows.

use super::Unavailable;
use async_trait::async_trait;
use schemas::ids::OrderId;

/// What runs the workflows.
#[async_trait]
pub trait Workflows: Send + Sync {
    /// Starts workflow `checkout` for each order. MUST start it once, however often it is told; one that failed goes on
    /// where it failed, or begins anew.
    async fn start_checkout(&self, orders: &[OrderId]) -> Result<(), Unavailable>;
}
