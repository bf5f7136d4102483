//! What leaves once a record is synced, in order: replies first, then fan-out, then effects.

use std::sync::Arc;

use bytes::Bytes;
use holdfast_domain::shift::Mode;
use holdfast_protocol::message::{StockMessage, TenderNews, orders_news_of};
use holdfast_protocol::topics::Stream;
use serde::Serialize;

use super::Verdict;
use super::book::{Book, Pending, Waiter, answer};

/// Levels in one stock message; a record with more is sent in parts.
const STOCK_LEVELS_MAX: usize = 500;

/// The last sequence that each stream carried.
#[derive(Debug, Clone, Copy)]
pub(super) struct Streams {
    stock: u64,
    orders: u64,
}

impl Streams {
    pub fn starting_at(seq: u64) -> Self {
        Self { stock: seq, orders: seq }
    }
}

impl Book {
    /// Everything through `seq` is on disk.
    pub fn release(&mut self, seq: u64) {
        self.synced = self.synced.max(seq);
        while self.pending.front().is_some_and(|pending| pending.stored.position.seq <= seq) {
            let pending = self.pending.pop_front().expect("it was just looked at");
            self.release_one(pending);
        }
        self.settle_unprinted();
        crate::projector::wake(&self.house);
        crate::status::wake(&self.house);
    }

    pub(super) fn release_one(&mut self, pending: Pending) {
        let Pending { stored, waiters, drawers, stock, papers, wanted, tenders, catalog } = pending;
        for waiter in waiters {
            match waiter {
                Waiter::Till(reply) => answer(reply, Verdict::Decided(Arc::clone(&stored))),
                Waiter::IdReused(reply) => answer(reply, Verdict::IdReused),
                Waiter::Hub(reply) => answer(reply, Ok(stored.position)),
                Waiter::Nobody => {}
            }
        }
        let seq = stored.position.seq;
        for levels in stock.chunks(STOCK_LEVELS_MAX) {
            let message = StockMessage { seq, previous: self.streams.stock, levels: levels.to_vec() };
            self.publish(Stream::Stock, &message);
            self.streams.stock = seq;
        }
        for news in orders_news_of(&stored.record).filter(|news| news.mode() == Mode::Live) {
            let message = news.at(seq, self.streams.orders);
            self.publish(Stream::Orders, &message);
            self.streams.orders = seq;
        }
        if let Some(catalog) = catalog {
            crate::catalog::activate(&self.house, catalog);
        }
        for (terminal, tender) in tenders {
            let attempt = tender.attempt;
            self.house.tell(terminal, attempt, TenderNews::Standing { seq, tender: Box::new(tender) });
        }
        for wanted in wanted {
            crate::payment::want(&self.house, wanted);
        }
        for till in drawers {
            crate::drawer::open(&self.house, till);
        }
        for paper in papers {
            let transaction = paper.transaction();
            if !crate::printer::submit(&self.house, paper, &stored.position) {
                self.no_printer_for(transaction);
            }
        }
    }

    fn publish<T: Serialize>(&self, stream: Stream, message: &T) {
        let payload = serde_json::to_vec(message).expect("every stream message has a JSON form");
        self.house.link.publish(stream, Bytes::from(payload));
    }
}
