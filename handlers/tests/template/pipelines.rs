//! The deployment pipelines, on GitHub and on AWS: whoever may deploy staging may do nothing in production, what is trusted
//! is named by its hash, and a deployment takes nothing but programs from what was built.

use crate::template::{Template, path, references, several};
use serde_json::{Value, json};
use std::{collections::BTreeSet, fs, path::Path};

const STAGES: [&str; 2] = ["staging", "production"];
/// GitHub's token names the environment of a job, and only once the job has what the environment asks for.
const SUBJECT: &str = "token.actions.githubusercontent.com:sub";
const AUDIENCE: &str = "token.actions.githubusercontent.com:aud";
/// Where something is fetched that runs.
const FETCHING: [&str; 11] = [
    ".github",
    ".ci",
    "infra",
    "adapters/src",
    "adapters/printing/src",
    "embedded/src",
    "embedded/asl/src",
    "embedded/local-postgres/src",
    "embedded/runtime/src",
    "embedded/shop/src",
    "handlers/src",
];

fn workflow() -> Template {
    Template::read(".github/workflows/deploy.yml")
}

fn pipeline() -> Template {
    Template::read("infra/pipeline.yaml")
}

fn role() -> Template {
    Template::read("infra/deploy-role.yaml")
}

/// What is wrong with the workflow of GitHub.
fn on_github(workflow: &Template) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, job) in workflow.0["jobs"].as_object().unwrap() {
        for step in several(&job["steps"]) {
            let Some(action) = step["uses"].as_str() else { continue };
            let hash = action.split_once('@').map_or("", |(_, version)| version);
            if hash.len() != 40 || !hash.chars().all(|digit| digit.is_ascii_hexdigit()) {
                wrong.push(format!("{name}: {action} is not pinned by the hash of a commit"));
            }
        }
        let stage = STAGES.iter().find(|stage| *stage == name);
        let takes_a_role =
            [&workflow.0["permissions"], &job["permissions"]].iter().any(|may| may["id-token"] == "write");
        if takes_a_role && (stage.is_none() || job["environment"] != json!(name)) {
            wrong.push(format!("{name} may take on a role and is no job of the stage's environment"));
        }
    }
    let production = several(&workflow.0["jobs"]["production"]["needs"]);
    if !production.iter().any(|needed| **needed == "staging") {
        wrong.push("production does not wait for staging".to_owned());
    }
    wrong
}

/// What is wrong with the pipeline of AWS.
fn on_aws(pipeline: &Template) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut roles = BTreeSet::new();
    let projects = ["DeployStaging", "DeployProduction"];
    for (stage, project) in STAGES.into_iter().zip(projects) {
        let role = references(&pipeline.properties(project)["ServiceRole"]);
        for role in &role {
            let parameters = &pipeline.properties(role)["Parameters"];
            if pipeline.properties(role)["TemplateURL"] != "deploy-role.yaml" || parameters["Stage"] != stage {
                wrong.push(format!("{project}: {role} is not the role of stage {stage}"));
            }
        }
        if role.is_empty() || !roles.is_disjoint(&role) {
            wrong.push(format!("{project} has no role of its own"));
        }
        roles.extend(role);
    }
    let stages = several(&pipeline.properties("Pipeline")["Stages"]);
    let actions = |stage: &str| -> Vec<&Value> {
        let found = stages.iter().find(|known| known["Name"] == stage);
        found.into_iter().flat_map(|stage| several(&stage["Actions"])).collect()
    };
    let approval = actions("production").into_iter().find(|action| action["ActionTypeId"]["Category"] == "Approval");
    let approved = approval.and_then(|action| action["RunOrder"].as_i64()).unwrap_or(i64::MAX);
    for action in actions("production").into_iter().filter(|action| action["ActionTypeId"]["Category"] != "Approval") {
        if action["RunOrder"].as_i64().unwrap_or(1) <= approved {
            wrong.push(format!("{} does not wait for the approval", action["Name"]));
        }
    }
    for (stage, project) in STAGES.into_iter().zip(projects) {
        let deploys = |action: &&Value| action["Configuration"]["ProjectName"] == json!({ "Ref": project });
        let of_stage = actions(stage);
        let Some(action) = of_stage.into_iter().find(deploys) else {
            wrong.push(format!("stage {stage} does not run {project}"));
            continue;
        };
        if action["Configuration"]["PrimarySource"] != "source" {
            wrong.push(format!("{project} takes its commands from what was built"));
        }
        let elsewhere = |known: &&&Value| known["Name"] != stage && references(known).contains(project);
        if stages.iter().any(|known| elsewhere(&known)) {
            wrong.push(format!("{project} runs in another stage too"));
        }
    }
    writes_no_source(pipeline, &mut wrong);
    wrong
}

/// What a project may write that takes other people's code: never the source that the deployments run.
fn writes_no_source(pipeline: &Template, wrong: &mut Vec<String>) {
    for project in ["Test", "Scan", "Build"] {
        for role in references(&pipeline.properties(project)["ServiceRole"]) {
            for policy in several(&pipeline.properties(&role)["Policies"]) {
                for statement in several(&policy["PolicyDocument"]["Statement"]) {
                    let puts = several(&statement["Action"]).iter().any(|action| **action == "s3:PutObject");
                    let built = json!({ "Fn::Sub": "${Artifacts.Arn}/sluice/built/*" });
                    if puts && (project != "Build" || statement["Resource"] != built) {
                        wrong.push(format!("{project} may write {}", statement["Resource"]));
                    }
                }
            }
        }
    }
}

/// What is wrong with the role that deploys a stage.
fn of_the_role(role: &Template) -> Vec<String> {
    let mut wrong = Vec::new();
    let trust = &role.properties("DeployRole")["AssumeRolePolicyDocument"]["Statement"];
    let branches = trust[0]["Fn::If"].as_array().cloned().unwrap_or_default();
    let [_, github, codebuild] = &branches[..] else { return vec!["the role's trust cannot be read".to_owned()] };
    let condition = &github["Condition"]["StringEquals"];
    if condition[SUBJECT] != json!({ "Fn::Sub": "repo:${Repository}:environment:${Stage}" })
        || condition[AUDIENCE] != "sts.amazonaws.com"
    {
        wrong.push(format!("the role trusts GitHub under {condition}"));
    }
    let project = &codebuild["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::Sub"];
    if !project.as_str().is_some_and(|arn| arn.ends_with(":project/sluice-deploy-${Stage}")) {
        wrong.push(format!("the role trusts CodeBuild under {}", codebuild["Condition"]));
    }
    for policy in several(&role.properties("DeployRole")["Policies"]) {
        for statement in several(&policy["PolicyDocument"]["Statement"]) {
            for resource in several(&statement["Resource"]) {
                if !of_one_stage(resource, statement) {
                    wrong.push(format!("the role may {} on {resource}, whatever the stage", statement["Action"]));
                }
            }
        }
    }
    wrong
}

/// Whether a permission ends at the stage: by the resource's name, by its being the stack's own, or by a condition.
fn of_one_stage(resource: &Value, statement: &Value) -> bool {
    let own = ["Uploads", "CloudFormationRoleArn", "Stage"];
    let named = resource.to_string();
    let by_name = named.contains("${Stage}") || named.contains("aws:transform/Serverless");
    by_name
        || references(resource).iter().any(|id| own.contains(&id.as_str()))
        || statement["Condition"].to_string().contains("Stage")
}

#[test]
fn staging_cannot_touch_production_and_nothing_unpinned_runs() {
    assert_eq!(on_github(&workflow()), Vec::<String>::new());
    assert_eq!(on_aws(&pipeline()), Vec::<String>::new());
    assert_eq!(of_the_role(&role()), Vec::<String>::new());
}

#[test]
fn whatever_opens_the_pipelines_is_named() {
    type Change = (&'static str, Value, &'static str);
    let check = |template: &Template, changes: &[Change], look: fn(&Template) -> Vec<String>| {
        for (place, value, said) in changes {
            let mut changed = template.clone();
            *changed.0.pointer_mut(place).unwrap_or_else(|| panic!("there is no {place}")) = value.clone();
            let found = look(&changed);
            assert!(found.iter().any(|line| line.contains(said)), "{place}: {found:?}");
        }
    };
    let changes: &[Change] = &[
        ("/jobs/scan/steps/0/uses", json!("actions/checkout@v4"), "scan: actions/checkout@v4 is not pinned"),
        ("/jobs/production/steps/0/uses", json!("actions/checkout@main"), "production: actions/checkout@main"),
        ("/jobs/production/needs", json!(["build"]), "production does not wait for staging"),
        ("/jobs/production/environment", json!("staging"), "production may take on a role and is no job"),
        ("/permissions", json!({ "id-token": "write" }), "test may take on a role"),
    ];
    check(&workflow(), changes, on_github);
    let changes: &[Change] = &[
        (
            "/Resources/DeployProduction/Properties/ServiceRole",
            json!({ "Fn::GetAtt": "StagingDeployer.Outputs.RoleArn" }),
            "DeployProduction: StagingDeployer is not the role of stage production",
        ),
        ("/Resources/ProductionDeployer/Properties/Parameters/Stage", json!("staging"), "is not the role of stage"),
        ("/Resources/Pipeline/Properties/Stages/4/Actions/1/RunOrder", json!(1), "does not wait for the approval"),
        (
            "/Resources/Pipeline/Properties/Stages/3/Actions/0/Configuration",
            json!({ "ProjectName": { "Ref": "DeployProduction" } }),
            "DeployProduction runs in another stage too",
        ),
        (
            "/Resources/Pipeline/Properties/Stages/4/Actions/1/Configuration/PrimarySource",
            json!("built"),
            "DeployProduction takes its commands from what was built",
        ),
        (
            "/Resources/BuildRole/Properties/Policies/0/PolicyDocument/Statement/1/Resource",
            json!({ "Fn::Sub": "${Artifacts.Arn}/*" }),
            "Build may write",
        ),
        ("/Resources/Scan/Properties/ServiceRole", json!({ "Fn::GetAtt": "BuildRole.Arn" }), "Scan may write"),
    ];
    check(&pipeline(), changes, on_aws);
    let trust = "/Resources/DeployRole/Properties/AssumeRolePolicyDocument/Statement/0/Fn::If";
    let statement = "/Resources/DeployRole/Properties/Policies/0/PolicyDocument/Statement";
    let subject = format!("{trust}/1/Condition/StringEquals/{SUBJECT}");
    let changes: &[(&str, Value, &str)] = &[
        (&subject, json!({ "Fn::Sub": "repo:${Repository}:*" }), "the role trusts GitHub under"),
        (&format!("{trust}/2/Condition"), json!({}), "the role trusts CodeBuild under"),
        (&format!("{statement}/0/Resource/0"), json!({ "Fn::Sub": "arn:stack/sluice-production/*" }), "whatever the"),
        (&format!("{statement}/6/Condition"), json!({}), "secretsmanager:GetSecretValue"),
    ];
    for (place, value, said) in changes {
        let mut changed = role();
        *changed.0.pointer_mut(place).unwrap_or_else(|| panic!("there is no {place}")) = value.clone();
        let found = of_the_role(&changed);
        assert!(found.iter().any(|line| line.contains(said)), "{place}: {found:?}");
    }
}

/// Every file in which pip is told to fetch something.
#[test]
fn pip_fetches_nothing_without_its_hash() {
    let mut told = 0;
    for folder in FETCHING {
        each_file(&path(folder), &mut |file| {
            let Ok(text) = fs::read_to_string(file) else { return };
            let fetches = text.matches("pip install ").count()
                + text.matches("pip\" install ").count()
                + text.matches(r#""pip", "install""#).count();
            let hashed = text.matches("--require-hashes").count();
            assert!(hashed >= fetches, "{} fetches {fetches} times by pip, {hashed} times by hash", file.display());
            told += fetches;
        });
    }
    assert!(told >= 7, "only {told} places were found in which pip fetches something");
    for list in ["infra/requirements.txt", "infra/local/requirements.txt", "infra/pipeline/requirements.txt"] {
        let text = fs::read_to_string(path(list)).unwrap();
        let packages = text.lines().filter(|line| line.contains("==") && !line.starts_with([' ', '#'])).count();
        let first = text.lines().filter(|line| line.contains("==") && line.trim_end().ends_with('\\')).count();
        assert!(packages > 10 && packages == first, "{list} has packages without a hash");
    }
}

/// What else is fetched is known by its hash before it runs: no script of today's is handed to a shell, no image is named by a
/// tag that may be moved, and whoever downloads compares.
#[test]
fn nothing_that_is_fetched_runs_unseen() {
    let mut downloads = 0;
    for folder in FETCHING {
        each_file(&path(folder), &mut |file| {
            let Ok(text) = fs::read_to_string(file) else { return };
            for line in text.lines().filter(|line| line.contains("curl ") || line.contains("wget ")) {
                let mut behind = line.split('|').skip(1).filter_map(|command| command.split_whitespace().next());
                assert!(!behind.any(|command| command == "sh" || command == "bash"), "{}: {line}", file.display());
            }
            // An option by which a file is written.
            if text.lines().any(|line| line.contains("curl ") && line.contains(" -o ")) {
                downloads += 1;
                assert!(text.contains("sha256sum --check --strict"), "{} compares no hash", file.display());
            }
        });
    }
    assert!(downloads > 0, "nobody downloads anything any more");
    let image = fs::read_to_string(path("infra/container/Containerfile")).unwrap();
    let from: Vec<&str> = image.lines().filter_map(|line| line.strip_prefix("FROM ")).collect();
    assert_eq!(from.len(), 2);
    for base in from {
        let digest = base.split_whitespace().next().and_then(|name| name.split_once("@sha256:")).map(|(_, hash)| hash);
        let is_whole = |hash: &str| hash.len() == 64 && hash.chars().all(|digit| digit.is_ascii_hexdigit());
        assert!(digest.is_some_and(is_whole), "{base} is named by a tag");
    }
}

fn each_file(folder: &Path, look: &mut impl FnMut(&Path)) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap().path();
        if entry.is_dir() && !entry.ends_with(".aws-sam") {
            each_file(&entry, look);
        } else if entry.is_file() {
            look(&entry);
        }
    }
}
