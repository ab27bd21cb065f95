//! What StepFunctions does when a name is taken, against a service that answers from a script.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use super::*;
use aws_sdk_sfn::config::{BehaviorVersion, Config, Credentials, Region};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};
use uuid::Uuid;

const MACHINE: &str = "arn:aws:states:eu-central-1:123456789012:stateMachine:checkout:live";
const ORDER: OrderId = OrderId(Uuid::from_u128(7));

/// What the service is asked, and its answer: a body, or an error's name.
type Step = (&'static str, Result<&'static str, &'static str>);

/// A service that gives its answers in their order, and an error that no test expects when it is asked for something
/// else.
struct Script {
    steps: Arc<Mutex<VecDeque<Step>>>,
    workflows: StepFunctions,
}

impl Script {
    async fn of(steps: &[Step]) -> Self {
        let steps = Arc::new(Mutex::new(steps.iter().copied().collect::<VecDeque<_>>()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let said = Arc::clone(&steps);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                answer(stream, &said).await;
            }
        });
        let http = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring));
        let config = Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("eu-central-1"))
            .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
            .endpoint_url(endpoint)
            .http_client(http.build_https())
            .build();
        Self { steps, workflows: StepFunctions::new(Client::from_conf(config), MACHINE) }
    }

    /// Starts the order, and says what came of it once every step of the script was used.
    async fn run(self) -> Result<(), Unavailable> {
        let answer = self.workflows.start_checkout(&[ORDER]).await;
        assert!(self.steps.lock().unwrap().is_empty(), "not everything was asked");
        answer
    }
}

async fn answer(stream: TcpStream, steps: &Mutex<VecDeque<Step>>) {
    let mut stream = BufReader::new(stream);
    let (mut target, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        let Some((name, value)) = line.trim().split_once(": ") else {
            if line.trim().is_empty() {
                break;
            }
            continue;
        };
        match name.to_ascii_lowercase().as_str() {
            "x-amz-target" => target = value.trim_start_matches("AWSStepFunctions.").to_owned(),
            "content-length" => length = value.parse().unwrap(),
            _ => (),
        }
    }
    stream.read_exact(&mut vec![0; length]).await.unwrap();
    let step = steps.lock().unwrap().pop_front();
    let (status, body) = match step {
        Some((action, Ok(body))) if action == target => (200, body.to_owned()),
        Some((action, Err(error))) if action == target => (400, format!(r#"{{"__type":"{error}","message":"so"}}"#)),
        Some(_) | None => (400, format!(r#"{{"__type":"Unexpected","message":"{target} was not expected"}}"#)),
    };
    let length = body.len();
    let text = format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
    stream.get_mut().write_all(text.as_bytes()).await.unwrap();
}

const STARTED: &str = r#"{"executionArn":"arn","startDate":1}"#;
const REDRIVEN: &str = r#"{"redriveDate":1}"#;
const RUNNING: &str = r#"{"executionArn":"arn","stateMachineArn":"arn","status":"RUNNING","startDate":1}"#;
const FAILED: &str = r#"{"executionArn":"arn","stateMachineArn":"arn","status":"FAILED","startDate":1}"#;
const TAKEN: Step = ("StartExecution", Err("ExecutionAlreadyExists"));
const DESCRIBE: &str = "DescribeExecution";
const REDRIVE: &str = "RedriveExecution";

#[tokio::test]
async fn an_order_whose_execution_runs_is_left_alone() {
    Script::of(&[("StartExecution", Ok(STARTED))]).await.run().await.unwrap();
    Script::of(&[TAKEN, (DESCRIBE, Ok(RUNNING))]).await.run().await.unwrap();
}

#[tokio::test]
async fn an_execution_that_failed_goes_on() {
    Script::of(&[TAKEN, (DESCRIBE, Ok(FAILED)), (REDRIVE, Ok(REDRIVEN))]).await.run().await.unwrap();
}

#[tokio::test]
async fn an_execution_that_somebody_else_redrove_is_left_alone() {
    let not_redrivable = (REDRIVE, Err("ExecutionNotRedrivable"));
    let steps = [TAKEN, (DESCRIBE, Ok(FAILED)), not_redrivable, (DESCRIBE, Ok(RUNNING))];
    Script::of(&steps).await.run().await.unwrap();
}

#[tokio::test]
async fn an_execution_that_can_no_more_go_on_is_told_of() {
    let not_redrivable = (REDRIVE, Err("ExecutionNotRedrivable"));
    let steps = [TAKEN, (DESCRIBE, Ok(FAILED)), not_redrivable, (DESCRIBE, Ok(FAILED))];
    let error = Script::of(&steps).await.run().await.unwrap_err();
    assert_eq!((error.what, error.away), ("workflows.redrive", false));
    assert!(error.chain().contains("ExecutionNotRedrivable"), "{}", error.chain());
}

#[tokio::test]
async fn a_machine_that_is_not_there_is_refused_and_a_full_one_is_away() {
    let gone = Script::of(&[("StartExecution", Err("StateMachineDoesNotExist"))]).await.run().await.unwrap_err();
    let full = Script::of(&[("StartExecution", Err("ExecutionLimitExceeded"))]).await.run().await.unwrap_err();
    assert_eq!((gone.away, full.away), (false, true));
}

#[test]
fn an_execution_is_found_by_its_machine_and_its_name() {
    let wanted = Some("arn:aws:states:eu-central-1:123456789012:execution:checkout:o-1".to_owned());
    for suffix in ["", ":live", ":7"] {
        let machine = format!("arn:aws:states:eu-central-1:123456789012:stateMachine:checkout{suffix}");
        assert_eq!(execution_arn(&machine, "o-1"), wanted);
    }
}

#[test]
fn what_is_no_state_machine_has_no_executions() {
    for other in ["", "checkout", "arn:aws:sqs:eu-central-1:123456789012:intake", "arn:aws:states:x:1:activity:a"] {
        assert_eq!(execution_arn(other, "o-1"), None, "{other}");
    }
}

#[test]
fn only_an_execution_that_ended_without_success_goes_on() {
    let failed = [ExecutionStatus::Failed, ExecutionStatus::TimedOut, ExecutionStatus::Aborted];
    assert!(failed.iter().all(is_failure));
    let well = [ExecutionStatus::Running, ExecutionStatus::Succeeded, ExecutionStatus::PendingRedrive];
    assert!(!well.iter().any(is_failure));
}
