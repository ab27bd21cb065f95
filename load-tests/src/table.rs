//! The report as a person reads it.

use crate::{percentile::Summary, process::CpuSeconds, report::Report};
use std::fmt::{Display, Formatter, Result};

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let machine = &self.machine;
        let load = |average: Option<f64>| average.map_or_else(|| "?".to_owned(), |average| format!("{average:.2}"));
        line(f, "machine", format_args!("{} x {}", machine.cores, machine.processor))?;
        line(
            f,
            "",
            format_args!(
                "load average {} before, {} after; data on {}; sluice: {}; PostgreSQL: {}",
                load(machine.load_average_before),
                load(machine.load_average_after),
                machine.file_system.as_deref().unwrap_or("an unknown file system"),
                machine.build,
                machine.database
            ),
        )?;
        if machine.is_in_memory() {
            line(f, "", format_args!("THE DATA IS IN MEMORY: fsync costs nothing there; choose a disk with --folder"))?;
        }
        self.sent(f)?;
        self.rates(f)?;
        self.cost(f)?;
        self.verdict(f)
    }
}

impl Report {
    fn sent(&self, f: &mut Formatter<'_>) -> Result {
        let load = &self.load;
        line(
            f,
            "load",
            format_args!(
                "{} requests in {} s: {} orders of {} customers ({} to be declined), {} repeats; seed {}",
                load.requests, load.seconds, load.orders, load.customers, load.to_be_declined, load.repeats, load.seed
            ),
        )?;
        for (answer, count) in &self.answers {
            line(f, "", format_args!("{count} {answer}"))?;
        }
        if self.held_back > 0 {
            line(f, "", format_args!("{} requests were held back: too many in flight", self.held_back))?;
        }
        Ok(())
    }

    fn rates(&self, f: &mut Formatter<'_>) -> Result {
        let rates = &self.per_second;
        line(
            f,
            "orders/s",
            format_args!(
                "{:.1} accepted, {:.1} confirmed, {:.1} invoiced, {:.1} indexed  ({:.1} rejected)",
                rates.accepted, rates.confirmed, rates.invoiced, rates.indexed, rates.rejected
            ),
        )?;
        line(f, "API", format_args!("{}  from the scheduled time", latency(self.api)))?;
        line(f, "", format_args!("{}  of it, this program sent too late", latency(self.sent_late)))?;
        line(f, "to invoice", format_args!("{}  from acceptance", latency(self.accepted_to_invoiced)))?;
        let backlog = &self.backlog;
        line(
            f,
            "backlog",
            format_args!(
                "{} orders at the end, {} at most; growth {:+.2} orders/s in the second half; drained {:.1} s later",
                backlog.orders_at_end, backlog.orders_at_most, backlog.growth_per_second, self.drained_after_seconds
            ),
        )?;
        let queues: Vec<String> = backlog
            .messages_at_end
            .iter()
            .filter(|(_, count)| **count > 0.0)
            .map(|(queue, count)| format!("{queue} {count}"))
            .collect();
        if !queues.is_empty() {
            line(f, "", format_args!("messages at the end: {}", queues.join(", ")))?;
        }
        Ok(())
    }

    fn cost(&self, f: &mut Formatter<'_>) -> Result {
        line(f, "CPU", format_args!("{} ms an order", split(self.cpu_milliseconds_per_order)))?;
        line(f, "", format_args!("{} cores busy while sending", split(self.cores_busy)))?;
        let memory = &self.memory_bytes;
        let postgres = match (memory.postgres_pss, memory.postgres_largest_rss) {
            (Some(pss), _) => format!("postgres {} (PSS of all its processes, sampled)", mib(pss)),
            (None, Some(rss)) => format!("postgres {} (its largest process)", mib(rss)),
            (None, None) => "postgres not seen".to_owned(),
        };
        line(
            f,
            "peak memory",
            format_args!(
                "sluice {}, {postgres}, this program {}",
                mib(memory.sluice_peak_rss),
                mib(memory.generator_peak_rss)
            ),
        )
    }

    fn verdict(&self, f: &mut Formatter<'_>) -> Result {
        for (index, (end, count)) in self.ends.iter().enumerate() {
            line(f, if index == 0 { "ends" } else { "" }, format_args!("{count} {end}"))?;
        }
        let kept = self.audit.promises.saturating_sub(self.audit.broken.len());
        line(
            f,
            "audit",
            format_args!(
                "{}: {kept} of {} promises are kept; {} lines in the server's log",
                if self.audit.clean { "clean" } else { "NOT CLEAN" },
                self.audit.promises,
                self.log_lines
            ),
        )?;
        for broken in &self.audit.broken {
            line(f, "", format_args!("{broken}"))?;
        }
        for fault in &self.faults {
            line(f, "FAULT", format_args!("{fault}"))?;
        }
        Ok(())
    }
}

fn line(f: &mut Formatter<'_>, name: &str, text: std::fmt::Arguments<'_>) -> Result {
    writeln!(f, "{name:<12} {text}")
}

fn latency(of: Summary) -> String {
    format!("p50 {:.1} ms, p99 {:.1} ms, p99.9 {:.1} ms, max {:.1} ms", of.p50_ms, of.p99_ms, of.p999_ms, of.max_ms)
}

fn split(cpu: CpuSeconds) -> String {
    format!(
        "sluice {:.2} + postgres {:.2} = {:.2}; this program {:.2};",
        cpu.sluice,
        cpu.postgres,
        cpu.sluice + cpu.postgres,
        cpu.generator
    )
}

fn mib(bytes: u64) -> String {
    format!("{:.0} MiB", bytes as f64 / 1_048_576.0)
}
