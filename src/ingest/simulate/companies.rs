//! Invented companies: believable names, and what they do.

/// What a company does with the API; decides which endpoints it calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trade {
    /// Answers people in an app or a help desk.
    Assistant,
    /// Searches and recommends.
    Search,
    /// Reads documents, mostly at night.
    Documents,
    /// Lets agents work and write code.
    Agents,
}

/// Name, the tag of its industry, and what it does. Made up; none is meant to be a real firm.
const NAMED: [(&str, &str, Trade); 66] = {
    use Trade::{Agents, Assistant, Documents, Search};
    [
        ("Northwind Robotics", "robotics", Agents),
        ("Halcyon Health", "health", Documents),
        ("Kestrel Logistics", "logistics", Assistant),
        ("Blue Fjord Bank", "fintech", Documents),
        ("Lumina Retail", "retail", Search),
        ("Tessera Games", "gaming", Assistant),
        ("Orchard Street Media", "media", Search),
        ("Vantage Insurance", "insurance", Documents),
        ("Copperline Energy", "energy", Agents),
        ("Marigold Travel", "travel", Assistant),
        ("Sable & Finch", "retail", Search),
        ("Quillworks", "publishing", Documents),
        ("Bramble Foods", "retail", Assistant),
        ("Hearthstone Homes", "real-estate", Assistant),
        ("Astrid Analytics", "analytics", Agents),
        ("Pinegrove Schools", "education", Assistant),
        ("Cobalt Pay", "fintech", Agents),
        ("Meridian Legal", "legal", Documents),
        ("Larkspur Clinics", "health", Assistant),
        ("Foxglove Pharma", "health", Documents),
        ("Ironbark Mining", "industry", Documents),
        ("Saltmarsh Shipping", "logistics", Documents),
        ("Wren & Hollis", "legal", Documents),
        ("Nimbus Desk", "software", Assistant),
        ("Parallel Motors", "automotive", Agents),
        ("Cinder Studio", "gaming", Agents),
        ("Glasshouse Software", "software", Agents),
        ("Tidewater Utilities", "energy", Assistant),
        ("Juniper Learning", "education", Assistant),
        ("Onyx Security", "security", Agents),
        ("Fernway Fitness", "consumer", Assistant),
        ("Amberlight Films", "media", Search),
        ("Rookery Recruiting", "people", Search),
        ("Silverbirch Wealth", "fintech", Documents),
        ("Paloma Fashion", "retail", Search),
        ("Granite Peak Outdoor", "retail", Search),
        ("Sundial Scheduling", "software", Assistant),
        ("Harborview Hotels", "travel", Assistant),
        ("Lattice Materials", "industry", Agents),
        ("Oakmoss Beauty", "retail", Search),
        ("Redshift Mobility", "automotive", Agents),
        ("Cloverfield Dairy", "industry", Assistant),
        ("Tangent Maps", "software", Search),
        ("Basalt Construction", "industry", Documents),
        ("Plover Post", "media", Search),
        ("Keystone Credit Union", "fintech", Assistant),
        ("Anvil DevTools", "software", Agents),
        ("Seaglass Translation", "publishing", Documents),
        ("Polaris Freight", "logistics", Agents),
        ("Mosaic Museums", "culture", Search),
        ("Thistle Telecom", "telecom", Assistant),
        ("Borealis Weather", "science", Agents),
        ("Cricket Kids", "education", Assistant),
        ("Dovetail Furniture", "retail", Search),
        ("Embers Kitchen", "consumer", Assistant),
        ("Falcon Ridge Farms", "agriculture", Documents),
        ("Gingham Grocers", "retail", Search),
        ("Highwater Research", "science", Documents),
        ("Inkwell Notes", "software", Assistant),
        ("Jetty Ferries", "travel", Assistant),
        ("Kiln Ceramics", "retail", Search),
        ("Lodestar Tutors", "education", Agents),
        ("Mulberry Care", "health", Assistant),
        ("Nectar Loyalty Lab", "retail", Search),
        ("Osprey Drones", "robotics", Agents),
        ("Petrel Payroll", "people", Documents),
    ]
};

/// For more companies than were named: a first word, a second word, and what that second word does.
const FIRST: [&str; 24] = [
    "Alder", "Bluebell", "Cedar", "Drift", "Echo", "Fable", "Garnet", "Hazel", "Indigo", "Jasper", "Kelp",
    "Linden", "Maple", "Nova", "Opal", "Pebble", "Quarry", "Ripple", "Sorrel", "Teal", "Umber", "Violet",
    "Willow", "Zephyr",
];
const SECOND: [(&str, &str, Trade); 12] = [
    ("Labs", "software", Trade::Agents),
    ("Care", "health", Trade::Assistant),
    ("Capital", "fintech", Trade::Documents),
    ("Market", "retail", Trade::Search),
    ("Works", "industry", Trade::Documents),
    ("Cloud", "software", Trade::Agents),
    ("Press", "publishing", Trade::Documents),
    ("Play", "gaming", Trade::Assistant),
    ("Trails", "travel", Trade::Assistant),
    ("Supply", "logistics", Trade::Search),
    ("Academy", "education", Trade::Assistant),
    ("Mutual", "insurance", Trade::Documents),
];

/// The company of a rank; every rank has another name.
pub(super) fn company(rank: usize) -> (String, &'static str, Trade) {
    if let Some((name, industry, trade)) = NAMED.get(rank) {
        return ((*name).to_owned(), industry, *trade);
    }
    let more = rank - NAMED.len();
    let (second, industry, trade) = SECOND[more % SECOND.len()];
    let first = FIRST[more / SECOND.len() % FIRST.len()];
    let round = more / (SECOND.len() * FIRST.len());
    let name =
        if round == 0 { format!("{first} {second}") } else { format!("{first} {second} {}", round + 1) };
    (name, industry, trade)
}

/// `Sable & Finch` → `sable-finch`: the id of an account.
pub(super) fn slug(name: &str) -> String {
    let letters = name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' });
    letters.collect::<String>().split_whitespace().collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_company_has_an_id_of_its_own() {
        let ids: std::collections::BTreeSet<String> = (0..2_000).map(|rank| slug(&company(rank).0)).collect();
        assert_eq!(ids.len(), 2_000);
        assert_eq!(slug("Sable & Finch"), "sable-finch");
    }
}
