//! What a credential is answered when it is tried, the same way for every vendor: the services that it opens.
//! A key that we received opens all that the vendor lists; of a token of ours the list itself says so.

use super::{CareSystem, Credential, Failure, ServiceRecord, Snapshot};

/// The services of ours, as the vendor lists them.
pub async fn services_listed(
    system: &dyn CareSystem,
    credential: &Credential,
) -> Result<Snapshot<ServiceRecord>, Failure> {
    let mut listed = system.list_services(credential).await?;
    if system.vendor().key_form().is_some() {
        mark(&mut listed.records, credential);
    }
    Ok(listed)
}

/// The same, and where we received the key the people are asked for too: a vendor that lists no services would
/// otherwise seem to take any key.
pub async fn credential_tried(
    system: &dyn CareSystem,
    credential: &Credential,
) -> Result<Snapshot<ServiceRecord>, Failure> {
    if system.vendor().key_form().is_none() {
        return services_listed(system, credential).await;
    }
    let probe = system.probe(credential).await;
    if let Some(failure) = probe.failure {
        return Err(failure);
    }
    let mut snapshot = Snapshot { records: probe.services, ..Snapshot::default() };
    mark(&mut snapshot.records, credential);
    Ok(snapshot)
}

fn mark(services: &mut [ServiceRecord], credential: &Credential) {
    for service in services {
        service.token_key.get_or_insert_with(|| credential.key().to_owned());
    }
}
