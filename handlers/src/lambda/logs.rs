//! Logs as JSON lines, which CloudWatch takes apart by itself.

use tracing::Subscriber;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter, util::SubscriberInitExt};

/// The level, as Lambda's own logging controls set it.
const LEVEL: &str = "AWS_LAMBDA_LOG_LEVEL";
/// The one part of the runtime that is followed below warnings, for it names the invocation that a line belongs to. The
/// rest of it, and the clients of AWS, print whole events and bodies when asked for more, and orders have names and
/// addresses in them.
const INVOCATIONS: &str = "lambda_runtime::layers::trace=info";

/// Our own crates that a function is made of and that have a log.
const OURS: [&str; 4] = ["handlers", "workflows", "adapters", "printing"];

/// Who of the staff did what is said whatever the level is.
const TRAIL: &str = "handlers::api::actor=info";

/// Begins to log.
pub(super) fn start() {
    let level = std::env::var(LEVEL).unwrap_or_else(|_| "info".to_owned());
    // It fails only where somebody logs already.
    drop(lines(&level, std::io::stdout).try_init());
}

fn lines<W>(level: &str, writer: W) -> impl Subscriber + Send + Sync + use<W>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::builder().parse_lossy(directives(&level.to_lowercase()));
    let lines = tracing_subscriber::fmt().json().flatten_event(true).with_span_list(false).with_ansi(false);
    lines.with_env_filter(filter).with_writer(writer).finish()
}

/// Only our own code is followed to the level that is set.
fn directives(level: &str) -> String {
    // Lambda's word for what is the end.
    let level = if level == "fatal" { "error" } else { level };
    let ours = OURS.map(|name| format!("{name}={level}")).join(",");
    format!("warn,{INVOCATIONS},{TRAIL},{ours}")
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use serde_json::Value;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// The lines that something logs.
    pub(in crate::lambda) fn logged(level: &str, something: impl FnOnce()) -> Vec<Value> {
        let written = Written::default();
        let writer = written.clone();
        tracing::subscriber::with_default(lines(level, move || writer.clone()), something);
        let bytes = written.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn in_an_invocation() {
        let span = tracing::info_span!(target: "lambda_runtime::layers::trace", "invoke", requestId = "r-1");
        span.in_scope(|| {
            tracing::warn!(target: "handlers::lambda::queue", order = "7", "failed");
            tracing::debug!(target: "handlers::api", "request");
            tracing::info!(target: crate::api::TRAIL, actor = "support:sam", "asked");
            tracing::trace!(target: "lambda_runtime::layers::api_response", body = "zoe@example.com", "raw event");
            tracing::debug!(target: "aws_smithy_runtime::client", body = "zoe@example.com", "request");
        });
    }

    #[test]
    fn a_line_names_its_invocation() {
        let line = logged("INFO", in_an_invocation).remove(0);
        assert_eq!((&line["level"], &line["message"], &line["order"]), (&"WARN".into(), &"failed".into(), &"7".into()));
        assert_eq!(line["span"]["requestId"], "r-1");
    }

    #[test]
    fn only_our_own_code_is_followed_to_the_level_that_is_set_and_who_did_what_is_always_told() {
        for (level, lines) in [("FATAL", 1), ("ERROR", 1), ("WARN", 2), ("INFO", 2), ("DEBUG", 3), ("TRACE", 3)] {
            let logged = logged(level, in_an_invocation);
            assert_eq!(logged.len(), lines, "{level}");
            assert!(logged.iter().any(|line| line["actor"] == "support:sam"), "{level}");
            assert!(!format!("{logged:?}").contains("zoe@"), "{level}");
        }
    }
}
