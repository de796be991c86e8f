//! The cycles of a graph: its strongly connected components, and cycles that demonstrate each of them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// For each node, the nodes that it points to.
pub(crate) type Graph<N> = BTreeMap<N, BTreeSet<N>>;

/// Finds the strongly connected components with at least two nodes.
pub(crate) fn components<N: Ord + Clone>(graph: &Graph<N>) -> Vec<BTreeSet<N>> {
    let reached: BTreeMap<&N, BTreeSet<&N>> = graph
        .keys()
        .map(|node| (node, reachable(graph, node)))
        .collect();
    let mut placed = BTreeSet::new();
    let mut found = Vec::new();
    for node in graph.keys() {
        if placed.contains(node) {
            continue;
        }
        let together: BTreeSet<N> = reached[node]
            .iter()
            .filter(|other| reached.get(**other).is_some_and(|back| back.contains(node)))
            .map(|other| (*other).clone())
            .collect();
        placed.extend(together.iter().cloned());
        if together.len() > 1 {
            found.push(together);
        }
    }
    found
}

/// Returns the nodes that can be reached in one or more steps.
fn reachable<'a, N: Ord>(graph: &'a Graph<N>, start: &'a N) -> BTreeSet<&'a N> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![start];
    while let Some(node) = waiting.pop() {
        for next in graph.get(node).into_iter().flatten() {
            if found.insert(next) {
                waiting.push(next);
            }
        }
    }
    found
}

/// Finds cycles in a component, shortest first, until there are none left. No two of them share an edge.
///
/// At least as many edges must be removed as there are cycles.
pub(crate) fn separate_circles<N: Ord + Clone>(
    graph: &Graph<N>,
    component: &BTreeSet<N>,
) -> Vec<Vec<N>> {
    let mut left: Graph<N> = component
        .iter()
        .filter_map(|node| {
            let next = graph.get(node)?.intersection(component).cloned().collect();
            Some((node.clone(), next))
        })
        .collect();
    let mut found = Vec::new();
    while let Some(circle) = shortest_circle(&left) {
        for (at, from) in circle.iter().enumerate() {
            if let Some(next) = left.get_mut(from) {
                next.remove(&circle[(at + 1) % circle.len()]);
            }
        }
        found.push(circle);
    }
    found
}

fn shortest_circle<N: Ord + Clone>(graph: &Graph<N>) -> Option<Vec<N>> {
    let arrows = graph
        .iter()
        .flat_map(|(from, next)| next.iter().map(move |to| (from, to)));
    arrows
        .filter_map(|(from, to)| {
            let mut circle = shortest_way(graph, to, from)?;
            // Trace the path from its end to its start; the cycle starts where the edge starts.
            circle.rotate_right(1);
            Some(circle)
        })
        .min_by_key(Vec::len)
}

/// Finds the shortest path between two nodes, including both.
fn shortest_way<N: Ord + Clone>(graph: &Graph<N>, start: &N, end: &N) -> Option<Vec<N>> {
    let mut came_from: BTreeMap<&N, Option<&N>> = BTreeMap::from([(start, None)]);
    let mut waiting = VecDeque::from([start]);
    while let Some(node) = waiting.pop_front() {
        if node == end {
            let mut way = Vec::new();
            let mut at = Some(node);
            while let Some(node) = at {
                way.push(node.clone());
                at = came_from.get(node).copied().flatten();
            }
            way.reverse();
            return Some(way);
        }
        for next in graph.get(node).into_iter().flatten() {
            if !came_from.contains_key(next) {
                came_from.insert(next, Some(node));
                waiting.push_back(next);
            }
        }
    }
    None
}
