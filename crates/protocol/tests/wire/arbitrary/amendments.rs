//! What managers change at the store.

use holdfast_domain::amendment::{AddedItem, CatalogChange};
use holdfast_domain::bounded::Description;
use holdfast_domain::catalog::Unit;
use holdfast_domain::event::Event;
use holdfast_domain::ids::StaffId;
use holdfast_domain::staff::{Role, RoleNumber, StaffNumber};

use super::Source;

impl Source {
    pub(super) fn amended(&mut self, name: &str, by: StaffId) -> Event {
        if name == "StaffAdded" {
            let (staff, number) = (StaffId(self.uuid()), StaffNumber(self.small()));
            let role = self.pick(&[Role::Cashier, Role::Supervisor, Role::Own(RoleNumber(7))]);
            return Event::StaffAdded { by, staff, number, role };
        }
        let item = AddedItem {
            sku: self.sku(),
            description: Description::new(&self.text(Description::MAX)).expect("a text within its limit"),
            barcodes: vec![self.barcode()],
            unit: self.pick(&[Unit::Piece, Unit::Kilogram, Unit::Litre, Unit::Metre]),
            tax_class: self.tax_class(),
            unit_price: self.price(),
        };
        let marked_down = CatalogChange::MarkedDown {
            sku: self.sku(),
            before: self.price(),
            after: self.price(),
            until: self.maybe(Self::local),
            reason: self.reason(),
        };
        let change = self.pick(&[CatalogChange::ItemAdded { item: Box::new(item) }, marked_down]);
        Event::CatalogAmended { by, change }
    }
}
